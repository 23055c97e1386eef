// The program before a real Kafka whose disk is full: a file system of some MiB in a mount namespace of this process.
#include "support/child_process.hpp"
#include "support/kafka_admin.hpp"
#include "support/kafka_reader.hpp"
#include "support/relays.hpp"
#include "support/server_process.hpp"
#include "support/small_disk.hpp"
#include "support/versioned_messages.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/outbox/statement.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;

constexpr const char* topic = "payment.completed";
constexpr int keys = 10;

/// A mounted file system that is gone with this.
class SmallDisk {
public:
    explicit SmallDisk(int mib) : mounted_(test::mount_small_disk(folder_.path().string(), mib * 1024)) {}
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool mounted() const noexcept { return mounted_; }
    [[nodiscard]] std::string folder() const { return folder_.path().string(); }
    /// To the last byte.
    void fill() const {
        const int fd = ::open((folder() + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        REQUIRE(fd >= 0);
        for (std::string bytes(1 << 20, 'f'); !bytes.empty();) {
            const ssize_t written = ::write(fd, bytes.data(), bytes.size());
            if (written < 0) bytes.resize(bytes.size() / 2);
        }
        ::close(fd);
    }
    void make_room() const { std::filesystem::remove(folder() + "/filler"); }

private:
    test::TemporaryFolder folder_;
    bool mounted_;
};

class Outbox {
public:
    explicit Outbox(const std::string& path) : store_(sqlite::open_outbox_store({.path = path}, Deadline::in(30s)).value()) {
        REQUIRE(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK);
        sqlite3_busy_timeout(connection_, 30'000);
    }
    ~Outbox() { sqlite3_close(connection_); }
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Events of every key in turn, of a kilobyte each.
    void put(int events) {
        for (int n = 0; n < events; ++n) {
            const std::string key = "pay-" + std::to_string(n % keys);
            const std::string payload = "{\"version\": " + std::to_string(++written_[key]) + ", \"filling\": \"" + std::string(1000, 'x') + "\"}";
            const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            REQUIRE(sqlite::insert_event(connection_, {random_uuid(), key, "Payment", "PAYMENT_COMPLETED", payload, now}).has_value());
        }
    }
    [[nodiscard]] int count(const std::string& condition) {
        int rows = -1;
        const auto keep = [](void* out, int, char** columns, char**) {
            *static_cast<int*>(out) = std::atoi(columns[0]);
            return 0;
        };
        REQUIRE(sqlite3_exec(connection_, ("SELECT count(*) FROM outbox WHERE " + condition).c_str(), keep, &rows, nullptr) == SQLITE_OK);
        return rows;
    }
    [[nodiscard]] const std::map<std::string, std::uint64_t>& written() const noexcept { return written_; }

private:
    std::unique_ptr<OutboxStore> store_;  // makes the tables
    sqlite3* connection_ = nullptr;
    std::map<std::string, std::uint64_t> written_;
};

}  // namespace

TEST_CASE("Stack: a broker whose disk is full costs no event an attempt, and everything arrives in order once there is room") {
    const SmallDisk disk(16);
    if (!disk.mounted()) {
        MESSAGE("mounting is not allowed here: a full disk is only played, by kafka_mock_test");
        return;
    }
    test::Server broker("kafka.sh", {"-o", "auto.create.topics.enable=false", "-o", "log.dirs=" + disk.folder() + "/log", "-o",
                                     "metadata.log.dir={folder}/data", "-o", "log.index.size.max.bytes=65536", "-o", "log.cleaner.enable=false"});
    const std::string address = "127.0.0.1:" + broker.port_text();
    test::KafkaAdmin(address).make_topic(topic, 2);
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "data");
    Outbox outbox(folder / "data/ticketbottle.db");
    test::Relays relays({{"TICKETBOTTLE_DATA", folder / "data"}, {"KAFKA_BROKERS", address}, {"KAFKA_SSL", "false"}}, folder.path(), 1);
    const auto waiting = [&] { return outbox.count("published = 0"); };

    outbox.put(100);
    REQUIRE(relays.tend_until([&] { return waiting() == 0; }, 60s));
    disk.fill();
    outbox.put(200);
    REQUIRE(relays.tend_until([&] { return relays.said("\"event\":\"relay.stalled\""); }, 60s));
    outbox.put(100);
    relays.tend_for(std::chrono::seconds(test::rounds(3, 120)));
    CHECK(test::read_file(broker.folder() + "/log/kafka.log").find("No space left on device") != std::string::npos);
    CHECK(waiting() > 0);
    CHECK(outbox.count("retryCount > 0 OR deadAt IS NOT NULL") == 0);

    disk.make_room();
    broker.restart();  // Kafka gives itself up when it cannot write
    CHECK(relays.tend_until([&] { return waiting() == 0; }, 120s));
    CHECK(outbox.count("retryCount > 0 OR deadAt IS NOT NULL") == 0);
    relays.stop();
    for (const std::string& trouble : relays.trouble()) FAIL_CHECK(trouble);
    const auto messages = test::KafkaReader({{"bootstrap.servers", address}, {"log_level", "0"}}).read(topic);
    const test::Verdict verdict = test::judge(outbox.written(), test::history_of(messages), 400);
    MESSAGE("events 400, repeats " << verdict.duplicates);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.skipped == 0);
    CHECK(verdict.foreign == 0);
    CHECK(verdict.duplicates <= 200);  // of a page of a hundred, at the disk's end and at the new beginning
}

}  // namespace ticketbottle
