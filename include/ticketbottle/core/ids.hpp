#pragma once
/// \file
/// Identifiers are UUID text (36 characters, lower case, RFC 9562), as the deployed tables store them.

#include <string>
#include <string_view>

namespace ticketbottle {

/// A random (version 4) UUID. Threads: any. Throws std::bad_alloc; aborts if the system has no randomness.
[[nodiscard]] std::string random_uuid();

/// A name-based UUID (version 8, SHA-256 of `space`, a zero byte and `name`): the same input gives the same id
/// on every machine. An outbox row's id is derived from payment and event type, so a table's
/// primary key refuses a second event for one state change.
[[nodiscard]] std::string derived_uuid(std::string_view space, std::string_view name);

/// Is it 36 characters of the 8-4-4-4-12 form, hex digits of either case?
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;

}  // namespace ticketbottle
