#pragma once
/// \file
/// What every MailTransport does. A backend is done when it passes:
///
///     struct MyBackend {                       // a mail system of its own per object, empty
///         MailTransport& transport();          // the same object each time
///         MailTransport& other();              // another object on the same system; transport() if there can be only one
///         std::vector<Mail> received();        // sender, recipients and message of each mail accepted, in any order
///     };
///     TKB_MAIL_TRANSPORT_CONFORMANCE(MyBackend);

#include <ticketbottle/ports/mail_transport.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace ticketbottle::conformance {

inline Deadline mail_soon() { return Deadline::in(std::chrono::seconds(60)); }

inline Mail mail(std::string key = "event-1/buyer", std::string text = "Subject: Your ticket\r\n\r\nHello\r\n") {
    return {"tickets@example.com", {"buyer@example.org"}, std::move(text), std::move(key)};
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: a mail arrives as it was given", Backend, mail_arrives) {
    Backend backend;
    Mail sent = mail("k", "Subject: V\xC3\xA9\r\n\r\n.\r\n..\r\nFrom here\r\n" + std::string(998, 'x') + "\r\nno line end");
    sent.recipients = {"a@example.org", "b.c+d=e@sub.example.org", "o'hara@example.org", "\xC4\x91\xE1\xBB\xA9\x63@example.org"};
    const Result<MailReceipt> receipt = backend.transport().send(sent, mail_soon());
    REQUIRE_MESSAGE(receipt.has_value(), to_string(receipt.error()));
    CHECK(*receipt == MailReceipt::accepted);
    const std::vector<Mail> received = backend.received();
    REQUIRE(received.size() == 1);
    CHECK(received[0].sender == sent.sender);
    CHECK(received[0].recipients == sent.recipients);
    CHECK(received[0].message == sent.message);
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: the same key is accepted once, whoever sends it", Backend, mail_once) {
    Backend backend;
    CHECK(backend.transport().send(mail("k1"), mail_soon()).value() == MailReceipt::accepted);
    CHECK(backend.transport().send(mail("k1"), mail_soon()).value() == MailReceipt::already_accepted);
    CHECK(backend.other().send(mail("k1", "Subject: other\r\n\r\n"), mail_soon()).value() == MailReceipt::already_accepted);
    CHECK(backend.other().send(mail("k2"), mail_soon()).value() == MailReceipt::accepted);
    CHECK(backend.transport().send(mail("k2"), mail_soon()).value() == MailReceipt::already_accepted);
    CHECK(backend.received().size() == 2);
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: keys differ in every byte", Backend, mail_keys) {
    Backend backend;
    const std::vector<std::string> keys{"k", "K", "k ", "../k", "/k", std::string("k\0", 2), "k\n", "\xE1\xBB\x91", std::string(255, 'k'),
                                        std::string(254, 'k')};
    for (const std::string& key : keys) {
        CAPTURE(key);
        CHECK(backend.transport().send(mail(key), mail_soon()).value() == MailReceipt::accepted);
    }
    CHECK(backend.received().size() == keys.size());
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: a mail that breaks a rule is refused and not kept", Backend, mail_refused) {
    Backend backend;
    std::vector<Mail> bad;
    const auto with = [&](auto change) {
        bad.push_back(mail());
        change(bad.back());
    };
    for (const char* text : {"", "a\nb\r\n", "a\rb\r\n", "a\n", "a\r", "\r\n\r\r\n", "a\n\r"}) with([&](Mail& m) { m.message = text; });
    with([](Mail& m) { m.message = std::string(999, 'x') + "\r\n"; });
    with([](Mail& m) { m.message = "Subject: x\r\n\r\n" + std::string(999, 'x'); });
    with([](Mail& m) { m.message = std::string("a\0b\r\n", 5); });
    with([](Mail& m) {
        m.message.clear();
        while (m.message.size() <= mail_bytes_max) m.message += std::string(98, 'x') + "\r\n";
    });
    with([](Mail& m) { m.recipients.clear(); });
    with([](Mail& m) { m.recipients.assign(51, "a@example.org"); });
    with([](Mail& m) { m.idempotency_key.clear(); });
    with([](Mail& m) { m.idempotency_key.assign(256, 'k'); });
    for (const Mail& refused : bad) {
        const Result<MailReceipt> receipt = backend.transport().send(refused, mail_soon());
        REQUIRE_FALSE(receipt.has_value());
        CHECK(receipt.error().code == Errc::invalid_argument);
    }
    CHECK(backend.received().empty());
    CHECK(backend.transport().send(mail(), mail_soon()).value() == MailReceipt::accepted);
}

/// Addresses that no backend takes; several would smuggle a header, a command or a second recipient.
inline std::vector<std::string> hostile_addresses() {
    return {"", "@", "a", "a@", "@example.org", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a\r\nRCPT TO:<x@example.org>@e.org",
            "a@example.org\n", "<a@example.org>", "a@example.org>", "a,b@example.org", "a@example.org,b@example.org", "a@exa mple.org",
            "a@-example.org", "a@example-.org", "a@example..org", "a@.example.org", "a@example.org.", ".a@example.org", "a.@example.org",
            "a..b@example.org", "\"a b\"@example.org", "a\"@example.org", "a(b)@example.org", "a;b@example.org", "a:b@example.org",
            "a\\b@example.org", "a@[127.0.0.1]", "a@exam_ple.org", "a@example.org\t", std::string("a\0@example.org", 14),
            std::string("a@example.org\0", 14), "\xFF@example.org", "a@ex\xC3\xA4mple.org", "a\xC2\x85@example.org",
            "a\xE2\x80\xAE@example.org", "a\xE2\x80\xA8@example.org", std::string(65, 'a') + "@example.org",
            "a@" + std::string(64, 'b') + ".org", "a@" + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(63, 'd') + "." +
                                                      std::string(63, 'e'),
            "a@b@example.org"};
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: hostile addresses are refused, and never repeated in the error", Backend, mail_addresses) {
    Backend backend;
    for (const std::string& address : hostile_addresses()) {
        CAPTURE(address);
        Mail to = mail();
        to.recipients.push_back(address);
        Mail from = mail();
        from.sender = address;
        for (const Mail& refused : {to, from}) {
            const Result<MailReceipt> receipt = backend.transport().send(refused, mail_soon());
            REQUIRE_FALSE(receipt.has_value());
            CHECK(receipt.error().code == Errc::invalid_argument);
            if (address.size() > 3) CHECK(to_string(receipt.error()).find(address) == std::string::npos);
        }
    }
    CHECK(backend.received().empty());
}

TEST_CASE_TEMPLATE_DEFINE("MailTransport: past the deadline nothing is sent", Backend, mail_deadline) {
    Backend backend;
    CHECK(backend.transport().send(mail(), Deadline::in(std::chrono::milliseconds(-1))).error().code == Errc::cancelled);
    CHECK(backend.received().empty());
    CHECK(backend.transport().send(mail(), mail_soon()).value() == MailReceipt::accepted);
}

}  // namespace ticketbottle::conformance

#define TKB_MAIL_TRANSPORT_CONFORMANCE(...)                   \
    namespace ticketbottle::conformance {                     \
    TEST_CASE_TEMPLATE_INVOKE(mail_arrives, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(mail_once, __VA_ARGS__);        \
    TEST_CASE_TEMPLATE_INVOKE(mail_keys, __VA_ARGS__);        \
    TEST_CASE_TEMPLATE_INVOKE(mail_refused, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(mail_addresses, __VA_ARGS__);   \
    TEST_CASE_TEMPLATE_INVOKE(mail_deadline, __VA_ARGS__);    \
    }                                                         \
    static_assert(true)
