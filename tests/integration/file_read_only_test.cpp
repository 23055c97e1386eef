// Folders that may not be written: by their rights, and because the file system turned read-only under a running service.

#include "support/child_process.hpp"
#include "support/small_disk.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

namespace ticketbottle {
namespace {

using test::expect;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

const Message message{"paid", "k", "v", {}};
const Mail mail{"a@example.com", {"b@example.org"}, "Subject: x\r\n\r\n", "k"};

void expect_unavailable(const Error& error, const std::string& errno_name) {
    expect(error.code == Errc::unavailable && error.detail_text().find(errno_name) != std::string::npos, to_string(error));
}

TEST_CASE("File backends: opening in a folder without the right to write is unavailable, by name") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    ::chmod(path.c_str(), 0555);
    const std::string said = test::in_child([&] {
        if (::getuid() == 0) expect(::setgid(65534) == 0 && ::setuid(65534) == 0, "root gives its rights up");
        expect_unavailable(file::open_topic_log({path + "/log", 1 << 20, 1 << 20, nullptr}).error(), "EACCES");
        expect_unavailable(file::open_directory_store(path + "/objects").error(), "EACCES");
        expect_unavailable(file::open_directory_store(path).error(), "EACCES");
        expect_unavailable(file::open_mail_spool(path).error(), "EACCES");
        expect_unavailable(file::TopicCursor(path, "c", "t").save("1:0").error(), "EACCES");
        const auto log = file::open_topic_log({path, 1 << 20, 1 << 20, nullptr});
        expect(log.has_value(), "the folder itself can be opened");
        const DeliveryReport report = test::publish(**log, {message})[0];
        expect(report.delivery == Delivery::not_sent && report.cause == Errc::unavailable, "not sent");
        expect(report.reason.find("permission denied (EACCES)") != std::string::npos, report.reason);
    });
    ::chmod(path.c_str(), 0755);
    CHECK(said == "");
}

TEST_CASE("File backends: a file system that turns read-only is unavailable, and what is there can be read") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    constexpr int cannot_mount = 77;
    test::Child child([&](int) {
        if (!test::mount_small_disk(path, 1024)) ::_exit(cannot_mount);
        std::string position;
        {  // nothing open for writing: a remount waits for nobody
            const auto log = test::topic_log(path + "/log");
            expect(test::publish(*log, {message})[0].delivery == Delivery::delivered, "delivered");
            expect(file::open_directory_store(path + "/objects").value()->put("a", "x", {"text/plain", {}}, soon()).has_value(), "put");
            expect(file::open_mail_spool(path + "/spool").value()->send(mail, soon()).has_value(), "sent");
        }
        const auto log = test::topic_log(path + "/log");
        const auto store = file::open_directory_store(path + "/objects").value();
        expect(test::make_read_only(path), "remounted read-only");
        const DeliveryReport report = test::publish(*log, {message})[0];
        expect(report.delivery == Delivery::not_sent && report.cause == Errc::unavailable, "not sent: " + report.reason);
        expect(report.reason.find("EROFS") != std::string::npos, report.reason);
        expect_unavailable(store->put("a", "y", {}, soon()).error(), "EROFS");
        expect_unavailable(file::open_mail_spool(path + "/spool").error(), "EROFS");
        expect(test::read_topic(path + "/log", "paid").messages.size() == 1, "the log can be read");
        expect((*store->get("a", soon()))->attributes.content_type == "text/plain", "the object can be read");
    });
    const std::string said = child.read_all();
    const int status = child.wait();
    if (status == cannot_mount) {
        MESSAGE("mounting is not allowed here: only folders without rights were tried");
    } else {
        CHECK_MESSAGE(status == 0, said);
    }
}

}  // namespace
}  // namespace ticketbottle
