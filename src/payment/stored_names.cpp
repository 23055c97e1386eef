#include "payment/stored_names.hpp"

#include <array>

namespace ticketbottle::payment {
namespace {

constexpr std::array every_notified_status{NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled,
                                           NotifiedStatus::pending, NotifiedStatus::ignored};
constexpr std::array every_outcome{Outcome::applied, Outcome::duplicate, Outcome::refused, Outcome::ignored, Outcome::retry};
constexpr std::array every_refusal{Refusal::none,
                                   Refusal::unknown_order,
                                   Refusal::ambiguous_order,
                                   Refusal::order_mismatch,
                                   Refusal::provider_mismatch,
                                   Refusal::amount_mismatch,
                                   Refusal::currency_mismatch,
                                   Refusal::already_completed,
                                   Refusal::late_success,
                                   Refusal::second_charge,
                                   Refusal::content_conflict};

template <class Values>
auto named(const Values& values, std::string_view name) -> std::optional<typename Values::value_type> {
    for (const auto value : values) {
        if (to_string(value) == name) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<NotifiedStatus> parse_notified_status(std::string_view name) noexcept { return named(every_notified_status, name); }
std::optional<Outcome> parse_outcome(std::string_view name) noexcept { return named(every_outcome, name); }
std::optional<Refusal> parse_refusal(std::string_view name) noexcept { return named(every_refusal, name); }

}  // namespace ticketbottle::payment
