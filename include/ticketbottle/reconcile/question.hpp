#pragma once
/// \file
/// One payment and its gateway: what to ask, and what an answer means for that payment. Pure: no I/O, no clock.

#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/ports/payment_store.hpp>
#include <vector>

namespace ticketbottle::reconcile {

/// The gateway that a payment's `provider` names: case, '-' and '_' do not matter. nullopt: none of ours.
[[nodiscard]] std::optional<Gateway> gateway_of(std::string_view provider);

/// Are the keys there that this gateway's query needs? Never for standard_webhooks, which defines no query.
[[nodiscard]] bool can_ask(const Gateways& gateways, Gateway gateway) noexcept;

/// What to ask for one payment.
struct Question {
    Gateway gateway = Gateway::zalopay;
    /// The names the gateway may know the payment by, likeliest first; at least one. `request_id` and `ip_address` are
    /// the asker's to fill. VNPay and MoMo may know it by providerTransactionId or by order code, the others by one
    /// name only.
    std::vector<QueryTarget> targets;
};

enum class Unaskable : std::uint8_t {
    unknown_provider,  ///< `provider` names no gateway of this library.
    no_query,          ///< The gateway cannot be asked: Standard Webhooks.
    no_keys,           ///< The keys for queries are not configured.
    no_name,  ///< What is stored is no name the gateway can be asked by: a Stripe payment without session or intent id.
};
/// "unknown_provider", ...
[[nodiscard]] std::string_view to_string(Unaskable why) noexcept;

/// Names are taken as they are stored, never guessed: an answer to a guessed name ("no such order") would be about
/// nothing.
///   zalopay       providerTransactionId of the form yyMMdd_<...>
///   payos         providerTransactionId: the payment link, or the order number if it is digits
///   stripe        providerTransactionId, cs_... or pi_...
///   vnpay, momo   providerTransactionId, then the order code
/// VNPay also wants the vnp_CreateDate of the pay request: metadata's `vnp_CreateDate` (yyyyMMddHHmmss, GMT+7) if it is
/// kept there, else createdAt.
[[nodiscard]] Result<Question, Unaskable> question_for(const Payment& payment, const Gateways& gateways);
[[noreturn]] void throw_exception_from_error(Unaskable why, const boost::source_location& where);

enum class Answered : std::uint8_t {
    settle,        ///< The notification says what became of the payment.
    open,          ///< Under way, not known there, or not final: ask again later.
    not_believed,  ///< Not a readable answer, or the gateway refused the question.
    forged,        ///< The signature is missing or matches no key.
    another,       ///< Genuine, and about another payment or account. It settles nothing.
    unreachable,   ///< The gateway cannot answer now: a server's error, a redirect, "too many requests".
    not_admitted,  ///< 401 or 403: the gateway refuses our key.
};

/// "settle", "open", ...
[[nodiscard]] std::string_view to_string(Answered what) noexcept;

struct Reading {
    Answered what = Answered::not_believed;
    /// With `settle`: as a callback would give it, and pinned to the payment: whatever else the answer says, it can
    /// match no other row.
    PaymentNotification notification;
    std::string reason;  ///< With all but settle and open: what and where. No payload, no keys.
};

/// Reads one answer, checks it (the gateway's own parser: signature where there is one), and that it is about
/// `payment`. A failure or cancellation that names no amount is about the whole payment: it gets the payment's. A
/// success must name its own.
[[nodiscard]] Reading read(const Payment& payment, Gateway gateway, const QueryTarget& target, const Gateways& gateways,
                           const HttpAnswer& answer);

}  // namespace ticketbottle::reconcile
