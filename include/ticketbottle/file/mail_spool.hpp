#pragma once
/// \file
/// A mail transport into a Maildir-style folder: tmp/ while writing, new/<name>.eml when accepted. Format: docs/mail-spool.md.

#include <ticketbottle/ports/mail_transport.hpp>

#include <memory>
#include <string>

namespace ticketbottle::file {

/// \param directory  Made if it is not there, with tmp, new and cur. The file's name follows from the idempotency key, and an
/// empty file under .tkb/accepted remembers it: the same key is accepted once, also by another process, also after a crash,
/// also when a reader has moved or removed the mail. Envelope sender and recipients stand as Return-Path and X-Envelope-To
/// lines before the message. Errors: invalid_argument (no name), unavailable.
[[nodiscard]] Result<std::unique_ptr<MailTransport>> open_mail_spool(const std::string& directory);

}  // namespace ticketbottle::file
