// Several processes on one file: settling the same notifications at once, killed in the middle, and locked out.
#include "conformance/payment_values.hpp"
#include "support/child_process.hpp"
#include "support/payment_backends.hpp"
#include "support/payment_history.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace ticketbottle;
using conformance::payments::at;
using conformance::payments::make_payment;
using conformance::payments::soon;
using conformance::payments::success;
using conformance::payments::with_status;

namespace {

sqlite::Options options_for(const std::string& path) {
    sqlite::Options options;
    options.path = path;
    options.synchronous = sqlite::Synchronous::normal;  // killing a process does not lose what the system has
    return options;
}

std::unique_ptr<PaymentStore> open_store(const std::string& path) {
    auto store = sqlite::open_payment_store(options_for(path), soon());
    test::expect(store.has_value(), store.has_value() ? std::string() : to_string(store.error()));
    return std::move(*store);
}

void create_payments(const std::string& path, int count) {
    auto store = open_store(path);
    for (int i = 0; i < count; ++i) REQUIRE(store->create(make_payment(i), soon()).has_value());
}

void tell(int pipe, const std::string& text) { test::expect(::write(pipe, text.data(), text.size()) > 0, "the pipe is open"); }

/// Settles every payment's success and failure in an order of its own; one byte 'a' for each that it applied.
void settle_all(int pipe, const std::string& path, int payments, std::uint64_t seed) {
    auto store = open_store(path);
    std::vector<PaymentNotification> calls;
    for (int i = 0; i < payments; ++i) {
        calls.push_back(success(make_payment(i)));
        if (i % 3 == 0) calls.push_back(with_status(success(make_payment(i)), NotifiedStatus::failed));
    }
    std::shuffle(calls.begin(), calls.end(), std::mt19937_64(seed));
    for (const PaymentNotification& call : calls) {
        const auto settled = store->settle(conformance::payments::command(call), soon());
        test::expect(settled.has_value(), settled.has_value() ? std::string() : to_string(settled.error()));
        if (settled->outcome == Outcome::applied) tell(pipe, "a");
    }
}

}  // namespace

TEST_CASE("SQLite: two processes that settle the same notifications apply each payment once") {
    constexpr int payments = 150;
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    create_payments(path, payments);
    std::string applied;
    {
        std::vector<test::Child> children;
        for (std::uint64_t i = 0; i < 2; ++i) children.emplace_back([&, i](int pipe) { settle_all(pipe, path, payments, i); });
        for (test::Child& child : children) {
            const std::string said = child.read_all();
            CHECK(child.wait() == 0);
            CHECK_MESSAGE(said.find_first_not_of('a') == std::string::npos, said);
            applied += said;
        }
    }
    CHECK(applied.size() == payments);
    CHECK(test::history_fault(path).empty());
    CHECK(test::sqlite_outbox(path).size() == payments);
    CHECK(open_store(path)->counts(soon())->pending == 0);
}

TEST_CASE("SQLite: processes that make one file at once all find it made") {
    for (int round = 0; round < 5; ++round) {
        test::TemporaryFolder folder;
        const std::string path = folder / "shop.db";
        std::vector<test::Child> children;
        for (int i = 0; i < 3; ++i) {
            children.emplace_back([&, i](int) {
                test::expect(open_store(path)->create(make_payment(i), soon()).has_value(), "a payment is created");
            });
        }
        for (test::Child& child : children) {
            CHECK(child.read_all() == "");
            CHECK(child.wait() == 0);
        }
        CHECK(open_store(path)->counts(soon())->pending == 3);
    }
}

TEST_CASE("SQLite: killed in the middle of settling, nothing is half done and nothing that was answered is lost") {
    constexpr int payments = 400;
    const int kills = test::rounds(20, 1000);
    std::mt19937_64 random(conformance::payments::seed());
    std::string path;
    std::unique_ptr<test::TemporaryFolder> folder;
    int done = payments;
    int killed_at_work = 0;
    for (int kill = 0; kill < kills; ++kill) {
        if (done > payments - 50) {  // all settled: begin anew
            folder = std::make_unique<test::TemporaryFolder>();
            path = *folder / "shop.db";
            create_payments(path, payments);
            done = 0;
        }
        test::Child child([&](int pipe) {
            auto store = open_store(path);
            for (int i = 0; i < payments; ++i) {
                const auto settled = store->settle(conformance::payments::command(success(make_payment(i))), soon());
                test::expect(settled.has_value(), "settled");
                const std::string answered(1, settled->outcome == Outcome::applied ? 'a' : 'd');
                if (answered == "a") tell(pipe, answered);
            }
        });
        // Wait for the first answer, so that the kill falls among settlements, then for a random moment.
        const bool working = child.read(1).size() == 1;
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
        child.kill();
        const std::string answered = child.read_all();
        killed_at_work += child.wait() == -SIGKILL ? 1 : 0;
        REQUIRE(working);

        REQUIRE(test::history_fault(path) == "");
        const auto counts = open_store(path)->counts(soon());
        REQUIRE(counts.has_value());
        const int completed = static_cast<int>(counts->completed);
        CHECK(completed >= done + 1 + static_cast<int>(answered.size()));  // every answer stands
        CHECK(completed <= done + 2 + static_cast<int>(answered.size()));  // and at most the one being answered besides
        done = completed;
    }
    CHECK(killed_at_work > kills / 2);
}

TEST_CASE("SQLite: locked out for the whole deadline is unavailable, in time, and works again after") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    create_payments(path, 1);
    test::Child holder([&](int pipe) {
        sqlite3* handle = nullptr;
        test::expect(sqlite3_open(path.c_str(), &handle) == SQLITE_OK, "opened");
        test::expect(sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK, "locked");
        tell(pipe, "l");
        ::pause();
    });
    REQUIRE(holder.read(1) == "l");
    auto store = open_store(path);
    for (const int milliseconds : {50, 300}) {
        const auto began = std::chrono::steady_clock::now();
        const auto settled =
            store->settle(conformance::payments::command(success(make_payment(0))), Deadline::in(std::chrono::milliseconds(milliseconds)));
        const auto took = std::chrono::steady_clock::now() - began;
        REQUIRE_FALSE(settled.has_value());
        CHECK(settled.error().code == Errc::unavailable);
        CHECK(settled.error().detail_text().find("SQLITE_BUSY") != std::string_view::npos);
        CHECK(took >= std::chrono::milliseconds(milliseconds - 5));
        CHECK(took < std::chrono::milliseconds(milliseconds + 500));  // the machine may be busy
    }
    CHECK(store->create(make_payment(1), Deadline::in(std::chrono::milliseconds(20))).error().code == Errc::unavailable);
    // Readers are not held up by a writer.
    CHECK(store->find(PaymentKey::id, make_payment(0).id, Deadline::in(std::chrono::seconds(5)))->has_value());
    CHECK(sqlite::open_payment_store(options_for(path), Deadline::in(std::chrono::seconds(5))).has_value());
    holder.kill();
    (void)holder.wait();
    CHECK(store->settle(conformance::payments::command(success(make_payment(0))), soon())->outcome == Outcome::applied);
}
