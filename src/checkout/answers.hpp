#pragma once
/// \file
/// Answers in the words the shop's front end knows. Internal: not installed. Pure. Threads: any.

#include <ticketbottle/checkout/handler.hpp>

#include <optional>
#include <string_view>

namespace ticketbottle::checkout {

/// {"success":false,"error":<sentence>,"reason":<word>}: without details of ours, and nothing of what was sent.
[[nodiscard]] Answer refusal(int http_status, std::string_view reason, std::string_view sentence);
/// As refusal, with {"available":left}.
[[nodiscard]] Answer not_enough(std::int64_t left);
/// Of the store's refusals: ticket_unknown is 404, the others are 400.
[[nodiscard]] Answer refused(const Reserved& reserved);
/// 503 with Retry-After for what may go another time, else 500; 502 if the payment page would not have it.
enum class Side : std::uint8_t { ours, pages };
[[nodiscard]] Answer trouble(Side side, Errc code);

struct Opened {
    std::string_view url;
    std::string_view session_id;
    std::optional<bool> code_used;  ///< nullopt: no code was given.
};
/// {"success":true,"checkout_url":..,"session_id":..,"discount_code_applied":..}
[[nodiscard]] Answer opened(const Opened& opened);

[[nodiscard]] Answer checked_in(OrderId order, const CheckIn& check_in);

/// What a browser wants to hear. `origin` is one of ours, or "" for a caller that sent none.
void add_cors(Answer& answer, std::string_view origin);
/// The answer to OPTIONS.
[[nodiscard]] Answer preflight(Endpoint endpoint);
[[nodiscard]] Answer method_not_allowed(Endpoint endpoint);

}  // namespace ticketbottle::checkout
