#include "mail_transport.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_mail_transport_vtable empty_vtable = TKB_MAIL_TRANSPORT_VTABLE_INIT;

static_assert(TKB_MAIL_ACCEPTED == static_cast<std::uint32_t>(MailReceipt::accepted));
static_assert(TKB_MAIL_ALREADY_ACCEPTED == static_cast<std::uint32_t>(MailReceipt::already_accepted));

}  // namespace

Result<MailReceipt> CallbackMailTransport::send(const Mail& mail, Deadline deadline) {
    constexpr std::string_view operation = "host.mail.send";
    TKB_TRY(check_mail(mail));
    const std::vector<tkb_bytes> recipients = views(mail.recipients);
    const tkb_mail given{static_cast<std::uint32_t>(sizeof(tkb_mail)), 0, bytes(mail.sender), recipients.data(), recipients.size(),
                         bytes(mail.message), bytes(mail.idempotency_key)};
    std::uint32_t receipt = TKB_MAIL_ACCEPTED;
    TKB_TRY(host_.call(operation, deadline, host_.table().send, &given, &receipt));
    // The mail is the other side's already: a number we do not know must not make it sent again.
    return receipt == TKB_MAIL_ALREADY_ACCEPTED ? MailReceipt::already_accepted : MailReceipt::accepted;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_mail_transport_create(const tkb_mail_transport_vtable* vtable, void* user_data, tkb_mail_transport** transport_out,
                                     tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "mail_transport.create";
        TKB_TRY(require(transport_out, operation, "transport_out"));
        *transport_out = nullptr;
        const auto table = read_vtable(vtable, empty_vtable, operation);
        if (!table.has_value()) return table.error();
        TKB_TRY(require_function(table->send, operation, "send"));
        make_handle<CallbackMailTransport>(*table, user_data, transport_out);
        return {};
    });
}
void tkb_mail_transport_destroy(tkb_mail_transport* transport) { delete transport; }
