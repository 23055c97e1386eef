// `ticketbottle demo` as a stranger runs it, and what it leaves looked at with other programs' eyes.

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "support/file_bytes.hpp"
#include "support/program.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

namespace fs = std::filesystem;

/// Runs a Python text over `folder`; its output when it held, else doctest is told.
std::string python(const std::string& text, const fs::path& folder) {
    const auto done = test::run_program("/usr/bin/env", {"python3", "-c", text}, {}, folder);
    CHECK_MESSAGE(done.code == 0, done.err);
    return done.out;
}

std::size_t count_files(const fs::path& folder, const std::string& extension) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        count += entry.is_regular_file() && entry.path().extension() == extension ? 1 : 0;
    return count;
}

constexpr const char* read_events = R"(
import collections, json, pathlib
events = collections.Counter()
ids = set()
for path in sorted(pathlib.Path('shown/topics').glob('payment.*/*')):
    for line in path.read_bytes().decode('utf-8').splitlines():
        logged = json.loads(line)
        value = json.loads(logged['value']) if isinstance(logged['value'], str) else logged['value']
        events[path.parent.name] += 1
        ids.add(value['payment_id'])
        assert value['currency'] == 'VND' and value['amount_cents'] > 0, value
print(events['payment.completed'], events['payment.failed'], events['payment.cancelled'], len(ids))
)";

constexpr const char* read_mails = R"(
import email, email.policy, pathlib
subjects, pdfs = [], 0
for path in sorted(pathlib.Path('shown/mail/new').iterdir()):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message['Message-ID'] and message['Date'], path
    assert message['To'].addresses[0].domain == 'example.com', path
    subjects.append(message['Subject'])
    for part in message.iter_attachments():
        if part.get_content_type() == 'application/pdf':
            assert part.get_content().startswith(b'%PDF-'), path
            pdfs += 1
print(len(subjects), sum(s.startswith('Order Confirmed - TB-DEMO-') for s in subjects), pdfs)
)";

TEST_CASE(
    "ticketbottle demo: shows the whole way, checks it, and leaves events, tickets and mails that others can read") {
    const test::TemporaryFolder folder;
    const auto began = std::chrono::steady_clock::now();
    const auto demo = test::run_program(TKB_PROGRAM, {"demo", "--data", "shown"}, {}, folder.path());
    const auto took = std::chrono::steady_clock::now() - began;
    CAPTURE(demo.out);
    REQUIRE_MESSAGE(demo.code == 0, demo.err);
    CHECK(demo.err.empty());
    CHECK(took < std::chrono::seconds(60));  // seconds when optimised; sanitizers and other programs take their time
    for (const char* gateway :
         {"zalopay", "payos", "vnpay", "stripe", "stripe-eventbridge", "momo", "standard-webhooks"})
        CHECK(demo.out.find("\n" + std::string(gateway) + " ") != std::string::npos);
    CHECK(demo.out.find("All is as it must be") != std::string::npos);

    CHECK(python(read_events, folder.path()) == "7 1 1 9\n");
    CHECK(python(read_mails, folder.path()) == "17 7 10\n");
    CHECK(count_files(folder.path() / "shown" / "tickets", ".pdf") == 10);
    const std::string log =
        python("import json\nfor line in open('shown/demo.log'): print(json.loads(line)['event'])", folder.path());
    CHECK(log.find("callback.rejected") != std::string::npos);
    CHECK(log.find("payment.refused") != std::string::npos);
}

TEST_CASE("ticketbottle demo: no key reaches the log, the output, or any file but demo.env") {
    const test::TemporaryFolder folder;
    const auto demo = test::run_program(TKB_PROGRAM, {"demo", "--data", "shown"}, {}, folder.path());
    REQUIRE(demo.code == 0);
    const std::string env = test::read_file(folder.path() / "shown" / "demo.env");
    std::set<std::string> keys;
    for (std::size_t at = env.find("demo-"); at != std::string::npos; at = env.find("demo-", at + 1))
        keys.insert(env.substr(at, 37));
    REQUIRE(keys.size() == 6);  // ZaloPay 2, payOS, VNPay, MoMo 2
    CHECK((fs::status(folder.path() / "shown" / "demo.env").permissions() & fs::perms::others_read) == fs::perms::none);
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
        if (!entry.is_regular_file() || entry.path().filename() == "demo.env") continue;
        const std::string bytes = test::read_file(entry.path());
        for (const std::string& key : keys) {
            CAPTURE(entry.path().string());
            CHECK(bytes.find(key) == std::string::npos);
        }
    }
}

TEST_CASE("ticketbottle demo: a folder that holds something is refused; without --data the next free name is taken") {
    const test::TemporaryFolder folder;
    fs::create_directory(folder.path() / "full");
    test::write_file(folder.path() / "full" / "mine", "x");
    const auto refused = test::run_program(TKB_PROGRAM, {"demo", "--data", "full"}, {}, folder.path());
    CHECK(refused.code == 2);
    CHECK(refused.err.find("full is there and not empty") != std::string::npos);
    CHECK(std::distance(fs::directory_iterator(folder.path() / "full"), fs::directory_iterator()) == 1);

    fs::create_directory(folder.path() / "ticketbottle-demo");
    test::write_file(folder.path() / "ticketbottle-demo" / "earlier", "x");
    const auto demo = test::run_program(TKB_PROGRAM, {"demo"}, {}, folder.path());
    CHECK(demo.code == 0);
    CHECK(fs::exists(folder.path() / "ticketbottle-demo-2" / "ticketbottle.db"));
}

}  // namespace
}  // namespace ticketbottle
