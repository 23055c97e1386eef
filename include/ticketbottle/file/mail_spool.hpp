#pragma once
/// \file
/// A mail transport into a Maildir-style folder: tmp/ while writing, new/<name>.eml when accepted.

#include <ticketbottle/ports/mail_transport.hpp>

#include <memory>
#include <string>

namespace ticketbottle::file {

/// \param directory  Made if it is not there, with tmp, new and cur. The file's name follows from the idempotency key, so the
/// same key is accepted once, also by another process, also after a crash; a file moved on to cur still counts. Envelope sender and recipients stand as
/// Return-Path and X-Envelope-To lines before the message. Errors: unavailable.
[[nodiscard]] Result<std::unique_ptr<MailTransport>> open_mail_spool(const std::string& directory);

}  // namespace ticketbottle::file
