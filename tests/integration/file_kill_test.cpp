// Processes killed (SIGKILL) in the middle of their work, over and over in one folder. TKB_SLOW=1: a thousand times.

#include "support/child_process.hpp"
#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <set>
#include <thread>

namespace ticketbottle {
namespace {

using test::expect;
namespace fs = std::filesystem;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

/// Lets the child report `after` times (a byte each), gives it a random moment more, and kills it. Returns all it reported.
std::string kill_after(test::Child& child, std::size_t after, std::mt19937& random) {
    std::string told;
    while (told.size() < after) {
        const std::string more = child.read(after - told.size());
        if (more.empty()) break;  // it ended by itself: wait() below says how
        told += more;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    child.kill();
    told += child.read_all();
    CHECK(child.wait() == -SIGKILL);
    return told;
}

void tell(int pipe, char what) { expect(::write(pipe, &what, 1) == 1, "told"); }

std::string numbered_value(int round, int number) {
    return std::to_string(round) + "/" + std::to_string(number) + "/" + std::string(static_cast<std::size_t>(number % 7) * 9000, '.');
}

TEST_CASE("Topic log: writers killed in the middle leave whole messages only, and none that was delivered is missing") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    std::mt19937 random(20251121);
    constexpr int batch = 5;
    const int times = test::rounds(20, 1000);
    std::vector<int> delivered;  // of each round
    for (int round = 0; round < times; ++round) {
        test::Child child([&](int pipe) {
            const auto log = test::topic_log(path, 512 * 1024);
            for (int number = 0;;) {
                std::vector<Message> messages;
                for (int i = 0; i < batch; ++i) messages.push_back({"paid", "k", numbered_value(round, number++), {}});
                for (const DeliveryReport& report : test::publish(*log, messages))
                    expect(report.delivery == Delivery::delivered, report.reason);
                tell(pipe, '.');
            }
        });
        delivered.push_back(static_cast<int>(kill_after(child, 1 + random() % 4, random).size()) * batch);
    }
    const test::TopicContent content = test::read_topic(path, "paid");
    MESSAGE("lines cut short and skipped: ", content.skipped);
    CHECK(content.skipped <= static_cast<std::uint64_t>(times));
    std::size_t at = 0;
    for (int round = 0; round < times; ++round) {
        int number = 0;
        while (at < content.messages.size() && content.messages[at].value == numbered_value(round, number)) ++at, ++number;
        CHECK(number >= delivered[static_cast<std::size_t>(round)]);
    }
    CHECK(at == content.messages.size());  // nothing is there that was not sent, nothing twice, nothing out of order
}

TEST_CASE("Directory store: a put killed in the middle leaves the old object or the new one, and nothing else to see") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    std::mt19937 random(20251122);
    const int times = test::rounds(20, 1000);
    int round = 0;
    for (; round < times; ++round) {
        test::Child child([&](int pipe) {
            const auto store = file::open_directory_store(path).value();
            for (int i = 0;; ++i) {
                const std::string mark(1, static_cast<char>('a' + i % 2));
                expect(store->put("tickets/one.pdf", mark + std::string(300'000, mark[0]), {"text/plain", {{"mark", mark}}}, soon())
                           .has_value(), "put");
                tell(pipe, '.');
            }
        });
        (void)kill_after(child, 1 + random() % 3, random);
        const auto store = file::open_directory_store(path).value();
        const Result<std::optional<Object>> object = store->get("tickets/one.pdf", soon());
        REQUIRE(object.has_value());
        REQUIRE(object->has_value());
        const std::string mark = (*object)->bytes.substr(0, 1);
        CHECK((*object)->bytes == mark + std::string(300'000, mark[0]));
        REQUIRE((*object)->attributes.metadata.count("mark") == 1);
        CHECK((*object)->attributes.metadata.at("mark") == mark);
        const Result<ObjectList> page = store->list("", "", 10, soon());
        REQUIRE(page.has_value());
        REQUIRE(page->objects.size() == 1);
        CHECK(page->objects[0].key == "tickets/one.pdf");
        CHECK(page->objects[0].etag == (*object)->etag);
    }
    // What the killed left behind goes when it is old.
    const fs::path temporary = folder.path() / ".tkb" / "tmp";
    for (const auto& entry : fs::directory_iterator(temporary))
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(2));
    (void)file::open_directory_store(path).value();
    CHECK(fs::is_empty(temporary));
}

TEST_CASE("Mail spool: senders killed in the middle lose no mail, send none twice and show none half") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    std::mt19937 random(20251123);
    const int times = test::rounds(20, 1000);
    const auto mail = [](int number) {
        std::string text = "Subject: " + std::to_string(number) + "\r\n\r\n";
        while (text.size() < 50'000) text += std::string(500, 'x') + "\r\n";
        return Mail{"a@example.com", {"b@example.org"}, text + "end\r\n", "key-" + std::to_string(number)};
    };
    std::size_t sent = 0;
    for (int round = 0; round < times; ++round) {
        test::Child child([&](int pipe) {
            const auto spool = file::open_mail_spool(path).value();
            for (int number = static_cast<int>(sent);; ++number) {
                // A sender tries again what it does not know: accepted by the one before it, or now.
                (void)spool->send(mail(number), soon()).value();
                tell(pipe, '.');
            }
        });
        sent += kill_after(child, 1 + random() % 3, random).size();
        for (const auto& entry : fs::directory_iterator(folder.path() / "new")) {
            const std::string text = test::read_file(entry.path());
            CHECK(text.ends_with("\r\nend\r\n"));
            fs::rename(entry.path(), folder.path() / "cur" / (entry.path().filename().string() + ":2,S"));  // a reader takes it
        }
    }
    const auto spool = file::open_mail_spool(path).value();
    for (std::size_t number = 0; number < sent; ++number)
        CHECK(spool->send(mail(static_cast<int>(number)), soon()).value() == MailReceipt::already_accepted);
    (void)spool->send(mail(static_cast<int>(sent)), soon()).value();
    std::multiset<std::string> subjects;
    for (const char* place : {"new", "cur"}) {
        for (const auto& entry : fs::directory_iterator(folder.path() / place)) {
            const std::string text = test::read_file(entry.path());
            const std::size_t begin = text.find("Subject: ");
            subjects.insert(text.substr(begin, text.find('\r', begin) - begin));
        }
    }
    CHECK(subjects.size() == sent + 1);
    for (std::size_t number = 0; number <= sent; ++number) CHECK(subjects.count("Subject: " + std::to_string(number)) == 1);
    CHECK(fs::is_empty(folder.path() / "tmp"));
}

}  // namespace
}  // namespace ticketbottle
