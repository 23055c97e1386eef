#pragma once
/// \file
/// What a request to the shop's endpoints says. Internal: not installed. Pure. Threads: any.

#include <ticketbottle/checkout/handler.hpp>

#include <variant>

namespace ticketbottle::checkout {

/// Ids of a path; `item` is the ticket's or the order's.
struct Place {
    Endpoint endpoint = Endpoint::checkout;
    std::int64_t event = 0;
    std::int64_t item = 0;
};
[[nodiscard]] std::optional<Place> place_of(std::string_view path) noexcept;

struct CheckoutBody {
    std::uint32_t quantity = 1;
    std::string email;
    std::string code;  ///< In upper case; "": none.
};
/// Why a body is refused: `reason` is a stable word, `text` an English sentence; neither holds what was sent.
struct BodyProblem {
    std::string_view reason;
    std::string text;
};

/// A JSON object: "email" (needed), "quantity" (1 .. quantity_max, 1 if it is left out), "discount_code". null is "left out";
/// other members are ignored, as in callbacks. \param body  At most checkout_body_bytes_max: the caller has looked.
[[nodiscard]] std::variant<CheckoutBody, BodyProblem> read_checkout_body(std::string_view body, std::uint32_t quantity_max);

/// Nothing, or a JSON object whose "validated" is true or left out. nullopt: go on.
[[nodiscard]] std::optional<BodyProblem> check_check_in_body(std::string_view body);

/// https://host[:port], or http:// to this machine; lower case, no path.
[[nodiscard]] bool is_origin(std::string_view origin) noexcept;

/// Without line ends and other control characters, at most `chars_max` code points.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t chars_max);

}  // namespace ticketbottle::checkout
