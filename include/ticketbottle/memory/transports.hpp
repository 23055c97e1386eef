#pragma once
/// \file
/// Message, object and mail backends in memory: every rule of the ports, nothing durable. For tests and examples.

#include <ticketbottle/ports/mail_transport.hpp>
#include <ticketbottle/ports/message_transport.hpp>
#include <ticketbottle/ports/object_store.hpp>

#include <memory>

namespace ticketbottle::memory {

/// Keeps what was published. Threads: one call at a time.
class Transport final : public MessageTransport {
public:
    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override;
    [[nodiscard]] Result<void> flush(Deadline deadline) override;
    [[nodiscard]] Result<void> close(Deadline deadline) override;

    [[nodiscard]] const std::vector<Message>& messages() const noexcept { return messages_; }
    std::size_t message_bytes_max = 1024 * 1024;  ///< A longer value is refused: not_sent, malformed.

private:
    std::vector<Message> messages_;
    bool closed_ = false;
};

[[nodiscard]] std::unique_ptr<ObjectStore> object_store();

/// Keeps what was sent.
class Mailbox final : public MailTransport {
public:
    [[nodiscard]] Result<MailReceipt> send(const Mail& mail, Deadline deadline) override;
    [[nodiscard]] const std::vector<Mail>& mails() const noexcept { return mails_; }

private:
    std::vector<Mail> mails_;
};

}  // namespace ticketbottle::memory
