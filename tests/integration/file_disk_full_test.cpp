// What the file backends do when there is no room: they say so, leave nothing half-visible, and go on when there is room.
// Twice over: with a file system of a few hundred KiB where mounting is allowed, and with a limit on file sizes everywhere.

#include "support/child_process.hpp"
#include "support/file_bytes.hpp"
#include "support/small_disk.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>

namespace ticketbottle {
namespace {

using test::expect;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

/// A way to run out of room, and to make some again.
struct Shortage {
    const char* name;
    const char* errno_name;
    std::function<bool(const std::string& folder)> begin;
    std::function<void(const std::string& folder)> end;
};

void limit_file_size(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

const Shortage disk{"a full disk", "ENOSPC",
                    [](const std::string& folder) {
                        if (!test::mount_small_disk(folder, 512)) return false;
                        test::write_file(folder + "/filler", std::string(300 * 1024, 'f'));
                        return true;
                    },
                    [](const std::string& folder) { std::filesystem::remove(folder + "/filler"); }};
const Shortage file_size{"a file size limit", "EFBIG",
                         [](const std::string&) {
                             limit_file_size(60'000);
                             return true;
                         },
                         [](const std::string&) { limit_file_size(RLIM_INFINITY); }};

constexpr int cannot_begin = 77;

/// Runs the body under each shortage, in a process and a folder of its own.
void under_each_shortage(const std::function<void(const Shortage&, const std::string& folder)>& body) {
    for (const Shortage* shortage : {&disk, &file_size}) {
        CAPTURE(shortage->name);
        const test::TemporaryFolder folder;
        const std::string path = folder.path().string();
        test::Child child([&](int) {
            if (!shortage->begin(path)) ::_exit(cannot_begin);
            body(*shortage, path);
        });
        const std::string said = child.read_all();
        const int status = child.wait();
        if (status == cannot_begin) {
            REQUIRE(shortage == &disk);  // the limit can always be set
            MESSAGE("mounting is not allowed here: a full disk is stood in for by a file size limit");
            continue;
        }
        CHECK_MESSAGE(status == 0, said);
    }
}

Message numbered(int number) { return {"paid", "key-" + std::to_string(number % 3), std::to_string(number) + std::string(3000, '.'), {}}; }

/// Publishes batches of ten until one is not delivered whole; appends what was delivered.
std::vector<DeliveryReport> publish_until_full(MessageTransport& log, std::vector<std::string>& delivered, int& number) {
    for (int batch = 0; batch < 100; ++batch) {
        std::vector<Message> messages;
        for (int i = 0; i < 10; ++i) messages.push_back(numbered(number++));
        const std::vector<DeliveryReport> reports = test::publish(log, messages);
        bool whole = true;
        for (std::size_t i = 0; i < reports.size(); ++i) {
            if (reports[i].delivery == Delivery::delivered) delivered.push_back(messages[i].value);
            whole = whole && reports[i].delivery == Delivery::delivered;
        }
        if (!whole) return reports;
    }
    expect(false, "the disk never filled");
    return {};
}

std::vector<std::string> values(const std::string& folder) {
    std::vector<std::string> found;
    for (const Message& message : test::read_topic(folder, "paid").messages) found.push_back(message.value);
    return found;
}

TEST_CASE("Topic log: with no room it delivers whole lines or nothing, says why, and goes on when there is room") {
    under_each_shortage([](const Shortage& shortage, const std::string& folder) {
        const auto log = test::topic_log(folder + "/log");
        std::vector<std::string> delivered;
        int number = 0;
        for (int again = 0; again < 3; ++again) {
            const std::vector<DeliveryReport> reports = publish_until_full(*log, delivered, number);
            bool failed = false;
            for (const DeliveryReport& report : reports) {
                failed = failed || report.delivery != Delivery::delivered;
                expect(failed == (report.delivery == Delivery::not_sent), "after the first message not sent none is");
                if (!failed) continue;
                expect(report.cause == Errc::unavailable, "the way is closed");
                expect(report.reason.find(shortage.errno_name) != std::string::npos, "the reason names the errno: " + report.reason);
                expect(report.reason.find("paid/") != std::string::npos, "the reason names the file: " + report.reason);
            }
            expect(values(folder + "/log") == delivered, "what is readable is what was delivered, while full");
        }
        shortage.end(folder);
        for (int i = 0; i < 5; ++i) {
            const Message message = numbered(number++);
            expect(test::publish(*log, {message})[0].delivery == Delivery::delivered, "with room again it delivers");
            delivered.push_back(message.value);
        }
        expect(values(folder + "/log") == delivered, "what is readable is what was delivered, in order");
    });
}

TEST_CASE("Topic log: with no room for a segment nothing is sent") {
    under_each_shortage([](const Shortage& shortage, const std::string& folder) {
        const auto log = test::topic_log(folder + "/log", 4096);
        std::vector<std::string> delivered;
        int number = 0;
        if (shortage.errno_name == std::string_view("EFBIG")) limit_file_size(2000);
        (void)publish_until_full(*log, delivered, number);
        shortage.end(folder);
        expect(test::publish(*log, {numbered(number)})[0].delivery == Delivery::delivered, "with room again it delivers");
        delivered.push_back(numbered(number).value);
        expect(values(folder + "/log") == delivered, "what is readable is what was delivered, in order");
    });
}

std::vector<std::string> keys(ObjectStore& store) {
    std::vector<std::string> found;
    const ObjectList page = store.list("", "", 1000, soon()).value();
    for (const ObjectSummary& object : page.objects) found.push_back(object.key);
    return found;
}

TEST_CASE("Directory store: with no room the old object stays, nothing of the new one shows, and it goes on when there is room") {
    under_each_shortage([](const Shortage& shortage, const std::string& folder) {
        const auto store = file::open_directory_store(folder + "/objects").value();
        const ObjectAttributes attributes{"application/pdf", {{"order", "1"}}};
        expect(store->put("tickets/a.pdf", "old", attributes, soon()).has_value(), "a small object fits");
        const std::string large(400 * 1024, 'x');
        for (const char* key : {"tickets/a.pdf", "tickets/b.pdf", "other/c.pdf"}) {
            const Result<std::string> etag = store->put(key, large, {"text/plain", {}}, soon());
            expect(!etag.has_value() && etag.error().code == Errc::unavailable, "a large one is not done");
            expect(etag.error().detail_text().find(shortage.errno_name) != std::string::npos, to_string(etag.error()));
        }
        const std::optional<Object> object = *store->get("tickets/a.pdf", soon());
        expect(object && object->bytes == "old" && object->attributes.metadata == attributes.metadata, "the old object stays");
        expect(keys(*store) == std::vector<std::string>{"tickets/a.pdf"}, "nothing else shows");
        expect(std::filesystem::is_empty(folder + "/objects/.tkb/tmp"), "no temporary file is left");
        shortage.end(folder);
        expect(store->put("tickets/b.pdf", large, attributes, soon()).has_value(), "with room again it stores");
        expect((*store->get("tickets/b.pdf", soon()))->bytes == large, "all of it");
    });
}

std::size_t count_files(const std::string& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

TEST_CASE("Mail spool: with no room no half mail shows, and the mail is accepted once when there is room") {
    under_each_shortage([](const Shortage& shortage, const std::string& folder) {
        const auto spool = file::open_mail_spool(folder + "/spool").value();
        std::string text = "Subject: large\r\n\r\n";
        while (text.size() < 400 * 1024) text += std::string(900, 'x') + "\r\n";
        const Mail mail{"a@example.com", {"b@example.org"}, text, "k"};
        for (int i = 0; i < 2; ++i) {
            const Result<MailReceipt> receipt = spool->send(mail, soon());
            expect(!receipt.has_value() && receipt.error().code == Errc::unavailable, "it is not done");
            expect(receipt.error().detail_text().find(shortage.errno_name) != std::string::npos, to_string(receipt.error()));
        }
        expect(count_files(folder + "/spool/new") == 0 && count_files(folder + "/spool/tmp") == 0, "nothing is left");
        shortage.end(folder);
        expect(spool->send(mail, soon()).value() == MailReceipt::accepted, "with room again it is accepted");
        expect(spool->send(mail, soon()).value() == MailReceipt::already_accepted, "once");
        expect(count_files(folder + "/spool/new") == 1, "one mail shows");
    });
}

TEST_CASE("Topic cursor: with no room the old position stays") {
    under_each_shortage([](const Shortage& shortage, const std::string& folder) {
        const file::TopicCursor cursor(folder + "/cursors", "mailer", "paid");
        expect(cursor.save("1:100").has_value(), "it is saved");
        if (shortage.errno_name == std::string_view("ENOSPC")) {
            std::ofstream(folder + "/rest") << std::string(512 * 1024, 'r');  // fills what the filler left
        } else {
            limit_file_size(2);
        }
        const Result<void> saved = cursor.save("1:200");
        expect(!saved.has_value() && saved.error().code == Errc::unavailable, "it is not done");
        expect(cursor.load().value() == "1:100", "the old position stays");
        shortage.end(folder);
        expect(cursor.save("1:200").has_value() && cursor.load().value() == "1:200", "with room again it is saved");
        expect(count_files(folder + "/cursors/mailer") == 1, "no temporary file is left");
    });
}

}  // namespace
}  // namespace ticketbottle
