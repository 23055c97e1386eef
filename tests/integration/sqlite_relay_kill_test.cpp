// kill -9 of a relay between a SQLite outbox and a file, while another process writes events: what a consumer of the file saw is
// checked event by event. TKB_SLOW=1 kills a thousand times instead of twenty.
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include "support/child_process.hpp"
#include "support/history_checker.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <random>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::Child;
using test::expect;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t batch_rows = 50;
constexpr std::uint32_t under_way_rows = 2 * batch_rows;  // one that is sent, and one that is marked
// The second of them comes again after the first, which comes once more for each death in a row before it was marked: four times at most, by all chance.
constexpr std::uint32_t repeat_reach = under_way_rows + 4 * batch_rows;
constexpr int keys = 40;

Deadline soon() { return Deadline::in(20s); }

sqlite::Options options_for(const std::string& path) {
    sqlite::Options options;
    options.path = path;
    options.synchronous = sqlite::Synchronous::normal;  // processes die here, not the power
    return options;
}

/// Appends "key version" lines and syncs them; a line cut short by a kill is taken away at the next opening.
class LineTransport final : public MessageTransport {
public:
    explicit LineTransport(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND, 0600)) {
        expect(file_ >= 0, "the file opens");
        mend(path);
    }
    ~LineTransport() override { ::close(file_); }

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline) override {
        std::string lines;
        for (const Message& message : messages) lines += message.key + " " + message.value + "\n";
        const bool written = ::write(file_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
        if (!written || ::fdatasync(file_) != 0) return;  // unknown
        for (DeliveryReport& report : reports) report.delivery = Delivery::delivered;
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }

private:
    void mend(const std::string& path) const {
        std::ifstream in(path, std::ios::binary);
        const std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        const std::size_t end = all.rfind('\n');
        expect(::ftruncate(file_, end == std::string::npos ? 0 : static_cast<off_t>(end + 1)) == 0, "the file is mended");
    }
    int file_;
};

/// Several events a transaction, for ever.
void write_events(const std::string& path) {
    sqlite3* database = nullptr;
    expect(sqlite3_open(path.c_str(), &database) == SQLITE_OK, "the writer opens the database");
    sqlite3_busy_timeout(database, 20'000);
    const auto execute = [&](const char* sql) {
        expect(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(database));
    };
    execute("PRAGMA synchronous = NORMAL");
    std::mt19937_64 random(7);
    std::map<std::string, std::uint64_t> versions;
    for (std::uint64_t number = 1;;) {
        execute("BEGIN IMMEDIATE");
        for (auto count = 1 + random() % 10; count > 0; --count, ++number) {
            const std::string key = fmt::format("pay-{}", random() % keys);
            const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            const auto id = sqlite::insert_event(database, {fmt::format("00000000-0000-4000-8000-{:012x}", number), key, "Payment",
                                                            "PAYMENT_COMPLETED", std::to_string(++versions[key]), now});
            expect(id.has_value(), "the event is inserted");
        }
        execute("COMMIT");
        std::this_thread::sleep_for(2ms);
    }
}

outbox::RelayOptions relay_options(std::chrono::milliseconds lease) {
    outbox::RelayOptions options;
    options.batch_rows_max = batch_rows;
    options.lease = lease;
    options.publish_timeout = lease * 3 / 5;
    options.poll_max = 5ms;
    return options;
}

void relay_for_ever(const std::string& path, const std::string& lines, std::chrono::milliseconds lease) {
    auto store = sqlite::open_outbox_store(options_for(path), soon());
    expect(store.has_value(), "the relay opens the outbox");
    LineTransport transport(lines);
    outbox::Relay relay(**store, transport, relay_options(lease));
    (void)relay.run({}).has_value();
}

void make_schema(const std::string& path) {
    REQUIRE(test::in_child([&] { expect(sqlite::open_outbox_store(options_for(path), soon()).has_value(), "the outbox is made"); }) == "");
}

void drain(const std::string& path, const std::string& lines, std::chrono::milliseconds lease) {
    const std::string failed = test::in_child([&] {
        std::this_thread::sleep_for(lease);  // of the last one killed
        auto store = sqlite::open_outbox_store(options_for(path), soon());
        expect(store.has_value(), "the outbox opens");
        LineTransport transport(lines);
        outbox::Relay relay(**store, transport, relay_options(lease));
        const auto report = relay.run_once(Deadline::in(120s));
        expect(report.has_value(), "the rest is published");
        const auto left = (*store)->statistics(soon());
        expect(left.has_value() && left->pending == 0 && left->dead == 0, "nothing is left");
    });
    REQUIRE(failed == "");
}

std::map<std::string, std::uint64_t> committed(const std::string& path) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* rows = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, "SELECT aggregateId, max(CAST(payload AS INTEGER)) FROM outbox GROUP BY aggregateId", -1,
                               &rows, nullptr) == SQLITE_OK);
    std::map<std::string, std::uint64_t> written;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        written[reinterpret_cast<const char*>(sqlite3_column_text(rows, 0))] = static_cast<std::uint64_t>(sqlite3_column_int64(rows, 1));
    }
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return written;
}

std::vector<test::Seen> seen_in(const std::string& lines) {
    std::vector<test::Seen> history;
    std::ifstream in(lines);
    for (test::Seen seen; in >> seen.key >> seen.version;) history.push_back(seen);
    return history;
}

off_t size_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

bool wait_for_growth(const std::string& path, off_t from, std::chrono::milliseconds at_most) {
    const auto end = Steady::now() + at_most;
    while (size_of(path) <= from) {
        if (Steady::now() > end) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

TEST_CASE("Relay on SQLite: killed again and again, it loses nothing, reorders nothing, repeats only the page in flight") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    const std::string lines = folder / "lines";
    constexpr auto lease = 100ms;
    make_schema(path);
    const int kills = test::rounds(20, 1000);
    {
        const Child writer([&](int) { write_events(path); });
        std::mt19937_64 random(11);
        for (int kill = 0; kill < kills; ++kill) {
            CAPTURE(kill);
            const off_t before = size_of(lines);
            Child relay([&](int) { relay_for_ever(path, lines, lease); });
            // Half of them in the midst of publishing, the others anywhere: while opening, standing by, taking over.
            if (kill % 2 == 0) REQUIRE(wait_for_growth(lines, before, 30s));
            std::this_thread::sleep_for(std::chrono::microseconds(random() % (kill % 2 == 0 ? 20'000 : 150'000)));
            relay.kill();
            CHECK(relay.wait() == -SIGKILL);
        }
    }
    drain(path, lines, lease);

    const std::vector<test::Seen> history = seen_in(lines);
    const test::Verdict verdict = test::judge(committed(path), history, repeat_reach);
    MESSAGE(fmt::format("{} kills, {} events seen, {} of them repeats", kills, history.size(), verdict.duplicates));
    CHECK(history.size() > 100);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.foreign == 0);
    CHECK(verdict.stale == 0);
    CHECK(verdict.duplicates <= static_cast<std::uint64_t>(kills) * under_way_rows);
}

TEST_CASE("Relay on SQLite: a stand-by takes over within the lease of a leader that was killed") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    const std::string lines = folder / "lines";
    constexpr auto lease = 1000ms;
    make_schema(path);
    {
        const Child writer([&](int) { write_events(path); });
        Child leader([&](int) { relay_for_ever(path, lines, lease); });
        REQUIRE(wait_for_growth(lines, 0, 30s));
        const Child standby([&](int) { relay_for_ever(path, lines, lease); });
        std::this_thread::sleep_for(300ms);
        leader.kill();
        CHECK(leader.wait() == -SIGKILL);
        const auto start = Steady::now();
        REQUIRE(wait_for_growth(lines, size_of(lines), 30s));
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start);
        MESSAGE("took over after " << took.count() << " ms");
        CHECK(took <= lease + lease / 10 + 1000ms);  // a second for a busy machine
    }
    drain(path, lines, lease);
    const test::Verdict verdict = test::judge(committed(path), seen_in(lines), under_way_rows);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.stale == 0);
}

}  // namespace
}  // namespace ticketbottle
