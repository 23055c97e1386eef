#pragma once
/// \file
/// What stores write as text, read back: to_string the other way round. nullopt: a name no version writes. Internal: not installed.

#include <ticketbottle/ports/payment_store.hpp>

#include <optional>
#include <string_view>

namespace ticketbottle::payment {

[[nodiscard]] std::optional<NotifiedStatus> parse_notified_status(std::string_view name) noexcept;
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view name) noexcept;
[[nodiscard]] std::optional<Refusal> parse_refusal(std::string_view name) noexcept;

}  // namespace ticketbottle::payment
