// A memory mailbox behind C callbacks passes the port's suite.
#include "conformance/mail_transport.hpp"

#include "mail_transport.hpp"
#include "through_c.hpp"

#include <ticketbottle/memory/transports.hpp>

namespace ticketbottle {
namespace {

tkb_status send_to_memory(void* user_data, const tkb_mail* given, std::uint32_t* receipt_out, std::uint32_t timeout_ms,
                          tkb_error** error_out) {
    Mail mail{test::text(given->sender), {}, test::text(given->message), test::text(given->idempotency_key)};
    for (std::size_t i = 0; i < given->recipient_count; ++i) mail.recipients.push_back(test::text(given->recipients[i]));
    const auto receipt = static_cast<memory::Mailbox*>(user_data)->send(mail, test::within(timeout_ms));
    if (!receipt.has_value()) return test::told(receipt.error(), error_out);
    *receipt_out = static_cast<std::uint32_t>(*receipt);
    return TKB_OK;
}

std::unique_ptr<MailTransport> transport_to(void* user_data, decltype(tkb_mail_transport_vtable::send) send) {
    tkb_mail_transport_vtable table = TKB_MAIL_TRANSPORT_VTABLE_INIT;
    table.send = send;
    return test::through_c<MailTransport, tkb_mail_transport>(tkb_mail_transport_create, table, user_data);
}

class CallbackBackend {
public:
    MailTransport& transport() { return *first_; }
    MailTransport& other() { return *second_; }
    std::vector<Mail> received() { return mailbox_.mails(); }

private:
    memory::Mailbox mailbox_;
    std::unique_ptr<MailTransport> first_ = transport_to(&mailbox_, send_to_memory);
    std::unique_ptr<MailTransport> second_ = transport_to(&mailbox_, send_to_memory);
};

struct Answer {
    tkb_status status = TKB_OK;
    std::uint32_t receipt = TKB_MAIL_ACCEPTED;
    std::string detail;
    bool says = false;
};

tkb_status answer(void* user_data, const tkb_mail*, std::uint32_t* receipt_out, std::uint32_t, tkb_error** error_out) {
    const Answer& wanted = *static_cast<Answer*>(user_data);
    *receipt_out = wanted.receipt;
    if (wanted.says) *error_out = tkb_error_create(TKB_CONFLICT, capi::bytes(wanted.detail));
    return wanted.status;
}

}  // namespace
}  // namespace ticketbottle

TKB_MAIL_TRANSPORT_CONFORMANCE(CallbackBackend);

TEST_CASE("Callbacks: the status a host returns is the error's code, and its detail is kept, shortened between characters") {
    using namespace ticketbottle;
    Answer wanted;
    const auto transport = transport_to(&wanted, answer);
    const Mail mail = conformance::mail();
    const Deadline soon = conformance::mail_soon();
    for (std::uint32_t status = TKB_INVALID_ARGUMENT; status <= TKB_INTERNAL; ++status) {
        wanted.status = status;
        const auto sent = transport->send(mail, soon);
        REQUIRE_FALSE(sent.has_value());
        CHECK(sent.error().code == static_cast<Errc>(status));
        CHECK(sent.error().operation == "host.mail.send");
        CHECK(sent.error().detail_text() == "the host's backend failed");
    }
    wanted.says = true;
    wanted.status = TKB_UNAVAILABLE;
    wanted.detail = "greylisted by mx.example";
    CHECK(to_string(transport->send(mail, soon).error()) == "host.mail.send: unavailable: greylisted by mx.example");
    wanted.detail = std::string(499, 'x') + "\xE1\xBB\x91 and so on";
    CHECK(transport->send(mail, soon).error().detail_text() == std::string(499, 'x'));
    wanted.detail.assign(1000, '\x80');  // not UTF-8 at all
    CHECK(transport->send(mail, soon).error().detail_text() == "the host's backend failed");
    wanted.status = 4711;
    CHECK(transport->send(mail, soon).error().code == Errc::internal);
    wanted.status = TKB_OK;  // an error beside success is dropped
    CHECK(transport->send(mail, soon).value() == MailReceipt::accepted);
    wanted.receipt = 99;
    CHECK(transport->send(mail, soon).value() == MailReceipt::accepted);
}
