#include <ticketbottle/ports/payment_store.hpp>

#include <array>

namespace ticketbottle {
namespace {

constexpr std::array<PaymentStatus, 4> every_status{PaymentStatus::pending, PaymentStatus::completed, PaymentStatus::failed,
                                                    PaymentStatus::cancelled};

}  // namespace

std::string_view to_string(PaymentStatus status) noexcept {
    switch (status) {
        case PaymentStatus::pending:
            return "PENDING";
        case PaymentStatus::completed:
            return "COMPLETED";
        case PaymentStatus::failed:
            return "FAILED";
        case PaymentStatus::cancelled:
            return "CANCELLED";
    }
    return "UNKNOWN";
}

std::optional<PaymentStatus> parse_payment_status(std::string_view text) noexcept {
    for (const PaymentStatus status : every_status) {
        if (to_string(status) == text) return status;
    }
    return std::nullopt;
}

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::applied:
            return "applied";
        case Outcome::duplicate:
            return "duplicate";
        case Outcome::refused:
            return "refused";
        case Outcome::ignored:
            return "ignored";
        case Outcome::retry:
            return "retry";
    }
    return "unknown";
}

std::string_view to_string(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none:
            return "none";
        case Refusal::unknown_order:
            return "unknown_order";
        case Refusal::ambiguous_order:
            return "ambiguous_order";
        case Refusal::order_mismatch:
            return "order_mismatch";
        case Refusal::provider_mismatch:
            return "provider_mismatch";
        case Refusal::amount_mismatch:
            return "amount_mismatch";
        case Refusal::currency_mismatch:
            return "currency_mismatch";
        case Refusal::already_completed:
            return "already_completed";
        case Refusal::late_success:
            return "late_success";
        case Refusal::second_charge:
            return "second_charge";
        case Refusal::content_conflict:
            return "content_conflict";
    }
    return "unknown";
}

bool needs_person(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none:
        case Refusal::unknown_order:      // another shop's order on a shared account, or a probe: counted, not raised
        case Refusal::already_completed:  // gateways send late failures of attempts that were followed by a success
            return false;
        case Refusal::ambiguous_order:
        case Refusal::order_mismatch:
        case Refusal::provider_mismatch:
        case Refusal::amount_mismatch:
        case Refusal::currency_mismatch:
        case Refusal::late_success:
        case Refusal::second_charge:
        case Refusal::content_conflict:
            return true;
    }
    return true;
}

}  // namespace ticketbottle
