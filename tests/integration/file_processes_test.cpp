// Several processes at once in one folder.

#include "support/child_process.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace ticketbottle {
namespace {

using test::expect;

Deadline soon() { return Deadline::in(std::chrono::seconds(120)); }

constexpr int writers = 3;
constexpr int messages_each = 300;

std::string value_of(const std::string& writer, int number) {
    return writer + ":" + std::to_string(number) + ":" + std::string(static_cast<std::size_t>(number % 50) * 20, '.');
}

void write_messages(const std::string& folder, const std::string& writer) {
    const auto log = test::topic_log(folder, 16 * 1024);  // rotates some thirty times
    for (int number = 0; number < messages_each;) {
        std::vector<Message> batch;
        for (int i = 0; i < 7 && number < messages_each; ++i) batch.push_back({"paid", writer, value_of(writer, number++), {}});
        for (const DeliveryReport& report : test::publish(*log, batch))
            expect(report.delivery == Delivery::delivered, "delivered: " + report.reason);
    }
}

TEST_CASE("Topic log: processes that append to one topic keep every line whole and each its own order") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    std::vector<test::Child> children;
    for (int w = 0; w < writers; ++w)
        children.emplace_back([&, w](int) { write_messages(path, "writer-" + std::to_string(w)); });

    // A reader follows meanwhile: what it gets while they write is what is there in the end.
    std::vector<Message> followed;
    std::string position;
    for (int idle = 0; followed.size() < static_cast<std::size_t>(writers * messages_each) && idle < 60'000; ++idle) {
        test::TopicContent more = test::read_topic(path, "paid", position);
        position = more.position;
        CHECK(more.skipped == 0);
        for (Message& message : more.messages) followed.push_back(std::move(message));
        ::usleep(1000);
    }
    for (test::Child& child : children) {
        const std::string said = child.read_all();
        CHECK_MESSAGE(child.wait() == 0, said);
    }
    const test::TopicContent all = test::read_topic(path, "paid");
    CHECK(all.skipped == 0);
    REQUIRE(all.messages.size() == static_cast<std::size_t>(writers * messages_each));
    REQUIRE(followed.size() == all.messages.size());
    std::map<std::string, int> next;
    for (std::size_t i = 0; i < all.messages.size(); ++i) {
        const Message& message = all.messages[i];
        CHECK(message.value == value_of(message.key, next[message.key]++));
        CHECK(followed[i].value == message.value);
    }
    CHECK(next.size() == writers);
    CHECK(std::filesystem::exists(folder.path() / "paid" / "00000000000000000010.jsonl"));
}

TEST_CASE("Directory store: while processes replace one object, a reader sees bytes and attributes of one put") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    const test::TemporaryFolder flags;
    const std::filesystem::path enough = flags.path() / "enough";
    // Until the reader has seen enough, however late a busy machine lets it look.
    const auto put_many = [&](const std::string& who) {
        const auto store = file::open_directory_store(path).value();
        const Deadline patience = soon();
        for (int i = 0; !std::filesystem::exists(enough) && !patience.expired(); ++i) {
            const std::string mark = who + std::to_string(i % 5);
            const Result<std::string> etag =
                store->put("t/one", mark + std::string(20'000, 'x'), {"text/plain", {{"mark", mark}}}, soon());
            expect(etag.has_value(), etag.has_value() ? "" : to_string(etag.error()));
            if (i % 10 == 9) expect(store->remove("t/one", soon()).has_value(), "removed");
        }
    };
    test::Child first([&](int) { put_many("a"); });
    test::Child second([&](int) { put_many("b"); });
    const auto store = file::open_directory_store(path).value();
    int seen = 0;
    for (const Deadline patience = soon(); seen < 300 && !patience.expired();) {
        const Result<std::optional<Object>> object = store->get("t/one", soon());
        REQUIRE_MESSAGE(object.has_value(), to_string(object.error()));
        if (object->has_value()) {
            ++seen;
            const std::string mark = (*object)->bytes.substr(0, (*object)->bytes.find('x'));
            CHECK((*object)->bytes.size() == mark.size() + 20'000);
            CHECK((*object)->attributes.metadata.at("mark") == mark);
        }
        const Result<ObjectList> page = store->list("", "", 10, soon());
        REQUIRE_MESSAGE(page.has_value(), to_string(page.error()));
        CHECK(page->objects.size() <= 1);
    }
    CHECK(seen >= 300);
    CHECK(std::ofstream(enough).is_open());
    for (test::Child* child : {&first, &second}) {
        const std::string said = child->read_all();
        CHECK_MESSAGE(child->wait() == 0, said);
    }
}

TEST_CASE("Mail spool: of processes that send the same mails each mail is accepted from one") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path().string();
    constexpr int mails = 40;
    std::vector<test::Child> children;
    for (int c = 0; c < 3; ++c) {
        children.emplace_back([&](int pipe) {
            const auto spool = file::open_mail_spool(path).value();
            for (int i = 0; i < mails; ++i) {
                const Mail mail{"a@example.com", {"b@example.org"}, "Subject: x\r\n\r\n", "key-" + std::to_string(i)};
                if (spool->send(mail, soon()).value() == MailReceipt::accepted) expect(::write(pipe, "!", 1) == 1, "told");
            }
        });
    }
    std::size_t accepted = 0;
    for (test::Child& child : children) {
        const std::string said = child.read_all();
        accepted += said.size();
        CHECK_MESSAGE(child.wait() == 0, said);
    }
    CHECK(accepted == mails);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path() / "new"), std::filesystem::directory_iterator()) == mails);
}

}  // namespace
}  // namespace ticketbottle
