#include <ticketbottle/file/mail_spool.hpp>

#include "core/crypto.hpp"
#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "unit/file/failing_sync.hpp"

#include <doctest/doctest.h>

#include <cerrno>

namespace ticketbottle::file {
namespace {

namespace fs = std::filesystem;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

const Mail mail{"tickets@example.com", {"a@example.org", "b@example.org"}, "Subject: x\r\n\r\nHello\r\n", "event-1/a"};
const std::string name = crypto::lower_hex(crypto::sha256({mail.idempotency_key})) + ".eml";

struct Spool {
    Spool() : transport(open_mail_spool(root.string()).value()) {}
    [[nodiscard]] std::size_t count(const char* place) const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(root / place), fs::directory_iterator()));
    }
    test::TemporaryFolder folder;
    fs::path root = folder.path() / "spool";
    std::unique_ptr<MailTransport> transport;
};

TEST_CASE("mail spool: the envelope stands before the message, and the name follows from the key") {
    Spool spool;
    REQUIRE(spool.transport->send(mail, soon()).value() == MailReceipt::accepted);
    CHECK(test::read_file(spool.root / "new" / name) ==
          "Return-Path: <tickets@example.com>\r\nX-Envelope-To: <a@example.org>\r\nX-Envelope-To: <b@example.org>\r\n" + mail.message);
    CHECK(spool.count("tmp") == 0);
    CHECK(fs::is_directory(spool.root / "cur"));
}

TEST_CASE("mail spool: a mail that a reader moved or removed still counts as accepted") {
    Spool spool;
    REQUIRE(spool.transport->send(mail, soon()).has_value());
    fs::rename(spool.root / "new" / name, spool.root / "cur" / (name + ":2,S"));
    CHECK(spool.transport->send(mail, soon()).value() == MailReceipt::already_accepted);
    fs::remove(spool.root / "cur" / (name + ":2,S"));
    CHECK(open_mail_spool(spool.root.string()).value()->send(mail, soon()).value() == MailReceipt::already_accepted);
    CHECK(spool.count("new") == 0);
}

TEST_CASE("mail spool: half a mail left in tmp is written anew") {
    Spool spool;
    test::write_file(spool.root / "tmp" / name, "Return-Path: <tick");
    REQUIRE(spool.transport->send(mail, soon()).value() == MailReceipt::accepted);
    CHECK(test::read_file(spool.root / "new" / name).ends_with(mail.message));
    CHECK(spool.count("tmp") == 0);
}

TEST_CASE("mail spool: a marked mail left in tmp is moved on, by the next send or by opening") {
    for (const bool by_opening : {false, true}) {
        Spool spool;
        test::write_file(spool.root / "tmp" / name, "the whole mail\r\n");
        test::write_file(spool.root / ".tkb/accepted" / name, "");
        if (by_opening) {
            (void)open_mail_spool(spool.root.string()).value();
        } else {
            CHECK(spool.transport->send(mail, soon()).value() == MailReceipt::accepted);
        }
        CHECK(test::read_file(spool.root / "new" / name) == "the whole mail\r\n");
        CHECK(spool.transport->send(mail, soon()).value() == MailReceipt::already_accepted);
        CHECK(spool.count("new") == 1);
    }
}

TEST_CASE("mail spool: whichever sync fails, the mail arrives once") {
    bool sent = false;
    for (int after = 0; !sent; ++after) {
        REQUIRE(after < 20);
        CAPTURE(after);
        Spool spool;
        {
            const test::FailingSync failing(EIO, after);
            const Result<MailReceipt> receipt = spool.transport->send(mail, soon());
            sent = receipt.has_value();
            if (!sent && spool.count("new") == 1) CHECK(receipt.error().code == Errc::outcome_unknown);
        }
        const Result<MailReceipt> again = spool.transport->send(mail, soon());
        REQUIRE(again.has_value());
        CHECK(spool.count("new") == 1);
        CHECK(spool.count("tmp") == 0);
        CHECK(test::read_file(spool.root / "new" / name).ends_with(mail.message));
    }
}

TEST_CASE("mail spool: half mails of the dead go when they are old") {
    Spool spool;
    for (const char* left : {"old.eml", "fresh.eml"}) test::write_file(spool.root / "tmp" / left, "x");
    fs::last_write_time(spool.root / "tmp/old.eml", fs::file_time_type::clock::now() - std::chrono::hours(37));
    (void)open_mail_spool(spool.root.string()).value();
    CHECK_FALSE(fs::exists(spool.root / "tmp/old.eml"));
    CHECK(fs::exists(spool.root / "tmp/fresh.eml"));
    CHECK(spool.count("new") == 0);
}

}  // namespace
}  // namespace ticketbottle::file
