#pragma once
/// \file
/// SQLSTATEs as Errc. Internal: not installed. Source: PostgreSQL's Appendix A (errcodes.txt), versions 13 to 17.

#include <ticketbottle/core/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ticketbottle::postgres {

struct StateRow {
    std::string_view state;  ///< Five characters, or a class of two.
    std::string_view name;   ///< "unique_violation"; a class: "integrity_constraint_violation".
    Errc errc;
};

/// Single states first, then the class that stands for the rest.
[[nodiscard]] std::span<const StateRow> state_table() noexcept;
/// The state, then its class, then internal.
[[nodiscard]] Errc errc_of(std::string_view state) noexcept;
/// "23505 unique_violation"; where only the class is known "23P99 (integrity_constraint_violation)".
[[nodiscard]] std::string state_name(std::string_view state);
/// May a message of this state quote a value somebody sent? Then it is left out.
[[nodiscard]] bool message_may_quote(std::string_view state) noexcept;
/// The session cannot serve any more, though the socket may stand: a fresh one may reach the new primary.
[[nodiscard]] bool ends_session(std::string_view state) noexcept;
/// One line, at most 300 bytes.
[[nodiscard]] std::string one_line(std::string_view message);

}  // namespace ticketbottle::postgres
