#pragma once
/// \file
/// Hands a finished message to a mail system: a spool directory, SMTP, SES.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

/// Longest message, bytes. Ours; most receivers refuse more than 25 MiB.
inline constexpr std::size_t mail_bytes_max = 25 * 1024 * 1024;

struct Mail {
    std::string sender;                   ///< Envelope sender, an addr-spec.
    std::vector<std::string> recipients;  ///< Envelope recipients, addr-specs, 1..50.
    std::string message;                  ///< RFC 5322 message with CRLF line ends, at most mail_bytes_max.
    std::string idempotency_key;          ///< Stable per event and recipient: the same key is accepted once. 1..255 bytes.
};

enum class MailReceipt : std::uint8_t { accepted, already_accepted };

/// Is this an addr-spec every backend takes? local@domain, at most 254 bytes: a dot-string (RFC 5321; UTF-8 letters too, RFC
/// 6531) of at most 64 bytes and a domain name of ASCII labels. No spaces, control or invisible characters, quotes, angle
/// brackets or commas. Errors: invalid_argument, which never repeats the address.
[[nodiscard]] Result<void> check_address(std::string_view address);
/// Every rule of `send` that needs no backend. Errors: invalid_argument.
[[nodiscard]] Result<void> check_mail(const Mail& mail);

/// Backends: memory, file (Maildir-style spool). Contract: tests/conformance/mail_transport.hpp.
/// Threads: one call at a time per object; objects (and processes) on one spool are independent.
class MailTransport {
public:
    virtual ~MailTransport() = default;
    MailTransport(const MailTransport&) = delete;
    MailTransport& operator=(const MailTransport&) = delete;

    /// Returns when the message is the mail system's responsibility. Errors: invalid_argument (address, size, bare CR or LF, NUL, a
    /// line over 998 bytes, no key), unavailable, cancelled, outcome_unknown. Never retries by itself.
    [[nodiscard]] virtual Result<MailReceipt> send(const Mail& mail, Deadline deadline) = 0;

protected:
    MailTransport() = default;
};

}  // namespace ticketbottle
