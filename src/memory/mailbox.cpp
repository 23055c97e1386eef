#include <ticketbottle/memory/transports.hpp>

#include <algorithm>

namespace ticketbottle::memory {

Result<MailReceipt> Mailbox::send(const Mail& mail, Deadline deadline) {
    if (const Result<void> checked = check_mail(mail); !checked.has_value()) return checked.error();
    if (deadline.expired()) return fail(Errc::cancelled, "mailbox.send", "the deadline passed");
    const auto same = [&mail](const Mail& sent) { return sent.idempotency_key == mail.idempotency_key; };
    if (std::any_of(mails_.begin(), mails_.end(), same)) return MailReceipt::already_accepted;
    mails_.push_back(mail);
    return MailReceipt::accepted;
}

}  // namespace ticketbottle::memory
