#include <ticketbottle/reconcile/question.hpp>

#include "core/format.hpp"

namespace ticketbottle::reconcile {

namespace {

Reading trouble(Answered what, std::string reason) { return {what, {}, std::move(reason)}; }

/// What the status line alone decides; nullopt: the body does.
std::optional<Reading> read_status(Gateway gateway, int status) {
    if (status == 200) return std::nullopt;
    // These two have a path for each payment; it may not be there because the payer has not been there. The others
    // answer at one path.
    const bool path_names_payment =
        gateway == Gateway::payos || gateway == Gateway::stripe || gateway == Gateway::stripe_eventbridge;
    const std::string text = formatted("HTTP status {}", status);
    if (status == 401 || status == 403) return trouble(Answered::not_admitted, text);
    if (status >= 300 && status < 400) return trouble(Answered::unreachable, text + ": redirects are not followed");
    if (status >= 500 || status == 429 || status == 408) return trouble(Answered::unreachable, text);
    if (status == 404) return trouble(path_names_payment ? Answered::open : Answered::unreachable, text);
    return trouble(Answered::not_believed, text);
}

Answered kind_of(Reason reason) noexcept {
    switch (reason) {
        case Reason::missing_signature:
        case Reason::bad_signature:
            return Answered::forged;
        case Reason::bad_order_code:
        case Reason::account_mismatch:
            return Answered::another;
        default:
            return Answered::not_believed;
    }
}

/// By the names in the answer, which the gateway's parser has compared with the target already as far as it knows them.
bool is_about(const Payment& payment, const QueryTarget& target, const PaymentNotification& told) {
    switch (told.gateway) {
        case Gateway::payos:
            return told.link_id == payment.provider_transaction_id || told.order_id == payment.provider_transaction_id;
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            return told.link_id == target.link_id && (told.order_id.empty() || told.order_id == payment.order_code ||
                                                      told.order_id == payment.provider_transaction_id);
        default:
            return told.order_id == target.order_id;
    }
}

bool settles(const PaymentNotification& told) noexcept {
    switch (told.status) {
        case NotifiedStatus::succeeded:
        case NotifiedStatus::cancelled:
            return true;
        case NotifiedStatus::failed:
            return told.finality == Finality::final;
        case NotifiedStatus::pending:
        case NotifiedStatus::ignored:
            break;
    }
    return false;
}

PaymentNotification pinned(const Payment& payment, PaymentNotification told) {
    // providerTransactionId is unique and comes before the order code in every look-up. payOS keeps both its names: the
    // rules compare the second, and two rows that answer to them are refused as ambiguous.
    if (told.gateway != Gateway::payos) told.order_id = payment.provider_transaction_id;
    if (told.status != NotifiedStatus::succeeded && !told.amount) told.amount = payment.amount;
    return told;
}

}  // namespace

std::string_view to_string(Answered what) noexcept {
    switch (what) {
        case Answered::settle:
            return "settle";
        case Answered::open:
            return "open";
        case Answered::not_believed:
            return "not_believed";
        case Answered::forged:
            return "forged";
        case Answered::another:
            return "another";
        case Answered::unreachable:
            return "unreachable";
        case Answered::not_admitted:
            return "not_admitted";
    }
    return "unknown";
}

Reading read(const Payment& payment, Gateway gateway, const QueryTarget& target, const Gateways& gateways,
             const HttpAnswer& answer) {
    if (auto decided = read_status(gateway, answer.status)) return std::move(*decided);
    Verdict verdict = read_answer(gateways, gateway, target, answer);
    if (!verdict.has_value()) {
        const Rejection rejection = verdict.error();
        return trouble(kind_of(rejection.reason), formatted("{}: {}", to_string(rejection.reason), rejection.detail));
    }
    PaymentNotification& told = verdict->notification;
    if (!is_about(payment, target, told)) return trouble(Answered::another, "the answer names another order");
    if (!settles(told)) return {Answered::open, {}, {}};
    return {Answered::settle, pinned(payment, std::move(told)), {}};
}

}  // namespace ticketbottle::reconcile
