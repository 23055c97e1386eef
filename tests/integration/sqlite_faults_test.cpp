// Every write and sync of a settlement fails in turn; disks fill up. Whatever the error says, it is true, nothing is half done,
// and calling again settles the payment once.
#include "conformance/payment_values.hpp"
#include "support/child_process.hpp"
#include "support/faulty_vfs.hpp"
#include "support/payment_backends.hpp"
#include "support/payment_history.hpp"
#include "support/small_disk.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>

using namespace ticketbottle;
using conformance::payments::make_payment;
using conformance::payments::soon;
using conformance::payments::success;
using test::FaultyVfs;

namespace {

sqlite::Options options_for(const std::string& path) {
    sqlite::Options options;
    options.path = path;
    return options;
}

std::unique_ptr<PaymentStore> open_store(const std::string& path) {
    auto store = sqlite::open_payment_store(options_for(path), soon());
    test::expect(store.has_value(), store.has_value() ? std::string() : to_string(store.error()));
    return std::move(*store);
}

Result<Settled> settle(PaymentStore& store, int n) {
    return store.settle(conformance::payments::command(success(make_payment(n))), soon());
}

PaymentStatus status_of(PaymentStore& store, int n) {
    const auto found = store.find(PaymentKey::id, make_payment(n).id, soon());
    test::expect(found.has_value(), "the payment can be read");
    return (*found)->status;
}

/// Creates payments until there is no room; how many there are then. The one that failed must not be there.
int fill(PaymentStore& store, Error& error) {
    for (int i = 0; i < 100000; ++i) {
        Payment wanted = make_payment(i);
        wanted.metadata = "{\"note\":\"" + std::string(3000, 'x') + "\"}";
        const auto created = store.create(wanted, soon());
        if (created.has_value()) continue;
        error = created.error();
        const auto found = store.find(PaymentKey::id, wanted.id, soon());
        test::expect(!found.has_value() || !found->has_value(), "what failed as not done is not there");
        return i;
    }
    throw std::runtime_error("the disk did not fill");
}

}  // namespace

TEST_CASE("SQLite: whichever write or sync of a settlement fails, the error is true and a repeat settles once") {
    struct Fault {
        const char* name;
        int code;
        FaultyVfs::Lasting lasting;
    };
    for (const Fault& fault : {Fault{"I/O error", SQLITE_IOERR_WRITE, FaultyVfs::Lasting::once},
                               Fault{"I/O error that stays", SQLITE_IOERR_WRITE, FaultyVfs::Lasting::from_then_on},
                               Fault{"sync error", SQLITE_IOERR_FSYNC, FaultyVfs::Lasting::once},
                               Fault{"disk full", SQLITE_FULL, FaultyVfs::Lasting::once},
                               Fault{"disk full that stays", SQLITE_FULL, FaultyVfs::Lasting::from_then_on}}) {
        int step = 0;
        for (;; ++step) {
            CAPTURE(fault.name);
            CAPTURE(step);
            test::TemporaryFolder folder;
            const std::string path = folder / "shop.db";
            FaultyVfs disk;
            auto store = open_store(path);
            REQUIRE(store->create(make_payment(1), soon()).has_value());
            disk.fail_at(step, fault.code, fault.lasting);
            const Result<Settled> settled = settle(*store, 1);
            const bool failed = disk.failed() > 0;
            if (settled.has_value()) {
                CHECK(settled->outcome == Outcome::applied);
                CHECK(status_of(*store, 1) == PaymentStatus::completed);
            } else {
                const Errc code = settled.error().code;
                CHECK_MESSAGE((code == Errc::unavailable || code == Errc::outcome_unknown), to_string(settled.error()));
                if (code == Errc::unavailable) CHECK(status_of(*store, 1) == PaymentStatus::pending);
                if (fault.code == SQLITE_FULL) CHECK(code == Errc::unavailable);
                CHECK(failed);
            }
            disk.heal();
            if (step % 2 == 1) store = open_store(path);  // by the same store, or by one that starts after it
            const Result<Settled> again = settle(*store, 1);
            REQUIRE_MESSAGE(again.has_value(), to_string(again.error()));
            CHECK((again->outcome == Outcome::applied || again->outcome == Outcome::duplicate));
            CHECK(status_of(*store, 1) == PaymentStatus::completed);
            store.reset();
            CHECK(test::history_fault(path) == "");
            CHECK(test::sqlite_outbox(path).size() == 1);
            if (!failed) break;
        }
        CHECK(step >= 3);  // frames and a sync at least: the faults were met
    }
}

TEST_CASE("SQLite: a commit whose sync failed is unknown, not unavailable") {
    test::TemporaryFolder folder;
    FaultyVfs disk;
    auto store = open_store(folder / "shop.db");
    REQUIRE(store->create(make_payment(1), soon()).has_value());
    bool met = false;
    for (int step = 0; step < 40 && !met; ++step) {
        disk.fail_at(step, SQLITE_IOERR_FSYNC, FaultyVfs::Lasting::once);
        const Result<Settled> settled = settle(*store, 1);
        if (settled.has_value()) break;
        met = settled.error().code == Errc::outcome_unknown;
    }
    CHECK(met);
}

TEST_CASE("SQLite: a full disk is unavailable, and settling goes on once there is room") {
    test::TemporaryFolder folder;
    const std::string failed = test::in_child([&] {
        if (!test::mount_small_disk(folder.path().string(), 12 * 1024)) return;  // not allowed here; the file limit below stands in
        const std::string filler = folder / "filler";
        std::ofstream(filler, std::ios::binary) << std::string(6 * 1024 * 1024, 'f');
        const std::string path = folder / "shop.db";
        auto store = open_store(path);
        Error error;
        const int there = fill(*store, error);
        test::expect(there > 10, "some payments fit");
        test::expect(error.code == Errc::unavailable, "a full disk is unavailable: " + to_string(error));
        const auto settled = settle(*store, 0);  // may still fit into space the log has
        test::expect(settled.has_value() || settled.error().code == Errc::unavailable, "settling is done or unavailable");
        test::expect(settled.has_value() == (status_of(*store, 0) == PaymentStatus::completed), "and what it says is so");
        std::filesystem::remove(filler);
        for (int i = 0; i < there; ++i) {
            const auto after = settle(*store, i);
            test::expect(after.has_value(), after.has_value() ? "" : "with room it goes on: " + to_string(after.error()));
        }
        test::expect(test::history_fault(path).empty(), test::history_fault(path));
        test::expect(store->counts(soon())->completed == static_cast<std::uint64_t>(there), "every payment is settled");
    });
    CHECK(failed == "");
}

TEST_CASE("SQLite: a file that may grow no further is not half written, and goes on when it may") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    const std::string failed = test::in_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        auto store = open_store(path);
        test::expect(store->create(make_payment(0), soon()).has_value(), "created");
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const rlimit whole = limit;
        limit.rlim_cur = std::filesystem::file_size(path + "-wal");
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto settled = settle(*store, 0);
        const auto created = store->create(make_payment(1), soon());
        ::setrlimit(RLIMIT_FSIZE, &whole);
        test::expect(!settled.has_value(), "it cannot be settled");
        const Errc code = settled.error().code;
        test::expect(code == Errc::outcome_unknown || code == Errc::unavailable, to_string(settled.error()));
        test::expect(!created.has_value(), "nor can another be created");
        const auto again = settle(*store, 0);
        test::expect(again.has_value(), again.has_value() ? "" : to_string(again.error()));
        test::expect(status_of(*store, 0) == PaymentStatus::completed, "settled in the end");
        test::expect(store->create(make_payment(1), soon()).has_value(), "created in the end");
    });
    CHECK(failed == "");
    CHECK(test::history_fault(path) == "");
    CHECK(test::sqlite_outbox(path).size() == 1);
}
