// The server is killed (SIGKILL) in the middle of a stream of callbacks, over and over on one database. TKB_SLOW=1:
// many times.

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include "support/child_process.hpp"
#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::Served;
namespace fs = std::filesystem;

constexpr int orders_each_round = 120;
constexpr std::int64_t amount = 250'000;

std::string code_of(int order) { return "TB-KILL-20251121-" + std::to_string(10'000'000 + order); }

void create(const std::string& database, int from, int to) {
    const auto store = sqlite::open_payment_store({database}, Deadline::in(30s)).value();
    for (int order = from; order < to; ++order) {
        Payment payment;
        payment.id = "payment-" + std::to_string(order);
        payment.order_code = payment.provider_transaction_id = payment.idempotency_key = code_of(order);
        payment.amount = {amount, Currency::vnd()};
        payment.provider = "vnpay";
        payment.metadata = R"({"customer_email":"an@example.com"})";
        REQUIRE(store->create(payment, Deadline::in(30s)).has_value());
    }
}

/// What the gateway heard: "00" once it was told that the payment is settled, "02" that it was before.
class Gatebook {
public:
    void note(int order, const std::string& body) {
        ++notes_;
        const std::lock_guard lock(mutex_);
        if (body.find("\"00\"") != std::string::npos) ++confirmed_[order];
        if (body.find("\"02\"") != std::string::npos) ++repeated_[order];
    }
    [[nodiscard]] bool answered(int order) {
        const std::lock_guard lock(mutex_);
        return confirmed_.contains(order) || repeated_.contains(order);
    }
    [[nodiscard]] int confirmed(int order) {
        const std::lock_guard lock(mutex_);
        return confirmed_.contains(order) ? confirmed_.at(order) : 0;
    }

    [[nodiscard]] int notes() const noexcept { return notes_; }

private:
    std::atomic<int> notes_{0};
    std::mutex mutex_;
    std::map<int, int> confirmed_;
    std::map<int, int> repeated_;
};

/// Four connections call for every order that is not answered yet, as long as the server answers at all.
void call(const Served& server, Gatebook& book, int orders) {
    std::vector<std::jthread> gateways;
    for (int gateway = 0; gateway < 4; ++gateway) {
        gateways.emplace_back([&, gateway] {
            for (int order = gateway; order < orders; order += 4) {
                if (book.answered(order)) continue;
                const auto answer = server.paid(code_of(order), amount);
                if (!answer.has_value()) return;
                book.note(order, answer->body);
            }
        });
    }
}

struct Published {
    std::map<std::string, std::set<std::string>> ids;  ///< Of the events of each order.
    std::set<std::string> out_of_place;  ///< Orders with an event that came back after a later one of its key.
};

Published read_topic(const std::string& folder) {
    Published published;
    auto reader = file::TopicLogReader::open(folder, "payment.completed", "").value();
    for (auto page = reader.read(1000).value(); !page.empty(); page = reader.read(1000).value()) {
        for (const file::LoggedMessage& logged : page) {
            const auto event = parse_payment_event(EventType::payment_completed, logged.message.value).value();
            for (const MessageHeader& header : logged.message.headers)
                if (header.name == "messageId") published.ids[event.order_code].insert(header.value);
            if (logged.message.key != event.payment_id) published.out_of_place.insert(event.order_code);
        }
    }
    return published;
}

std::size_t mails_in(const fs::path& folder) {
    std::error_code error;
    std::size_t count = 0;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error))
        ++count;
    return count;
}

TEST_CASE(
    "ticketbottle serve --all: killed in the middle, every callback it confirmed has its one event, and every order "
    "its one mail") {
    const test::TemporaryFolder folder;
    const auto environment = test::fake_environment("data");
    fs::create_directory(folder.path() / "data");
    const std::string database = folder / "data/ticketbottle.db";
    std::mt19937 random(20251121);
    Gatebook book;
    const int times = test::rounds(4, 100);
    int orders = 0;
    int interrupted = 0;  // rounds in which the kill came before the last answer
    for (int round = 0; round < times; ++round) {
        create(database, orders, orders + orders_each_round);
        orders += orders_each_round;
        Served server(environment, folder.path());
        const int before = book.notes();
        std::jthread killer([&, answers = 1 + static_cast<int>(random() % (orders_each_round - 20))] {
            for (const auto late = Deadline::in(60s); book.notes() < before + answers && !late.expired();)
                std::this_thread::yield();
            server.program().signal(SIGKILL);
        });
        call(server, book, orders);
        killer.join();
        CHECK(server.program().wait(20s) == -SIGKILL);
        const int answered = book.notes() - before;
        CHECK(answered > 0);
        interrupted += answered < orders_each_round ? 1 : 0;
    }
    CHECK(interrupted > 0);

    Served server(environment, folder.path());
    call(server, book, orders);  // gateways call again for what nobody answered
    for (int order = 0; order < orders; ++order) CHECK(book.answered(order));
    const auto wanted = static_cast<std::size_t>(orders);
    for (int i = 0; i < 3000 && (mails_in(folder.path() / "data/mail/new") < wanted); ++i)
        std::this_thread::sleep_for(20ms);
    server.program().signal(SIGTERM);
    CHECK(server.program().wait(30s) == 0);

    const Published published = read_topic(folder / "data/topics");
    CHECK(published.ids.size() == wanted);
    CHECK(published.out_of_place.empty());
    for (int order = 0; order < orders; ++order) {
        CAPTURE(order);
        CHECK(book.confirmed(order) <= 1);
        const auto found = published.ids.find(code_of(order));
        REQUIRE(found != published.ids.end());
        CHECK(found->second.size() == 1);
    }
    CHECK(mails_in(folder.path() / "data/mail/new") == wanted);
    const auto store = sqlite::open_payment_store({database, sqlite::OpenMode::read_only}, Deadline::in(30s)).value();
    CHECK(store->counts(Deadline::in(30s)).value().completed == wanted);
}

}  // namespace
}  // namespace ticketbottle
