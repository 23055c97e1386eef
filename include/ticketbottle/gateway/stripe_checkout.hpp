#pragma once
/// \file
/// Stripe Checkout, without the network: builders give the request that opens or expires a checkout session, a parser
/// reads the answer. What performs them, with retries, is checkout::StripeClient. Source: Stripe's API reference,
/// "Create a Checkout Session" and "Expire a Checkout Session", version below; the parameters as facts in
/// tests/vectors/stripe_checkout_parameters.json; docs/gateways/stripe.md.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/stripe.hpp>

namespace ticketbottle::stripe {

/// Sent as Stripe-Version: an account's own default may be another, and answers follow the version.
inline constexpr std::string_view api_version = "2024-11-20.acacia";

/// \name Limits: Stripe's, with the page they are from, and ours. "Characters" are code points.
/// @{
/// "Create a PaymentIntent", amount: eight digits. Of a unit, and of the whole.
inline constexpr std::int64_t unit_amount_max = 99'999'999;
/// "Create a Checkout Session", line_items.adjustable_quantity.maximum.
inline constexpr std::uint32_t quantity_max = 999'999;
/// There, expires_at: "from 30 minutes to 24 hours after creation".
inline constexpr std::chrono::minutes session_life_min{30};
inline constexpr std::chrono::hours session_life_max{24};
inline constexpr std::size_t product_name_chars_max = 250;     ///< API change log, 2018-10-31.
inline constexpr std::size_t metadata_value_chars_max = 500;   ///< "Metadata": of a value.
inline constexpr std::size_t return_url_chars_max = 5000;      ///< Its refusal of a longer one says so.
inline constexpr std::size_t idempotency_key_chars_max = 255;  ///< "Idempotent requests".
inline constexpr std::size_t order_id_bytes_max = 200;         ///< client_reference_id: 200 characters. Bytes: ours.
inline constexpr std::size_t customer_email_bytes_max = 254;   ///< Ours: RFC 5321's longest address.
inline constexpr std::size_t product_description_chars_max = 1000;  ///< Ours: nobody reads more on a payment page.
/// @}

/// One order, one line, paid once by card. Texts are UTF-8 without control characters (no NUL, no line ends).
struct CheckoutSessionRequest {
    std::string order_id;   ///< 1..200 bytes. client_reference_id, and metadata.order_id of session and payment intent.
    std::string event_id;   ///< metadata.event_id, at most 500 characters; "" = left out.
    std::string ticket_id;  ///< metadata.ticket_id, the same.
    std::string product_name;         ///< 1..product_name_chars_max.
    std::string product_description;  ///< "" = left out.
    std::int64_t unit_amount = 0;     ///< In minor units, 0..unit_amount_max, and so is unit_amount * quantity.
    Currency currency;           ///< One whose minor unit at Stripe is ISO 4217's: not ISK, MGA, UGX, CLF, UYW, XXX.
    std::uint32_t quantity = 1;  ///< 1..quantity_max.
    /// Pre-fills the page; "" = the page asks. Its form is Stripe's to judge (param customer_email).
    std::string customer_email;
    /// https://; http:// too unless Config::mode is live, to this machine only (localhost, 127.0.0.1, [::1]). Visible
    /// ASCII. Stripe puts the session's id in place of {CHECKOUT_SESSION_ID}.
    std::string success_url;
    std::string cancel_url;  ///< The same; "" = no way back is shown.
    /// Whole seconds are sent, the rest is cut. Stripe's clock decides: keep a minute from either end of 30 min..24 h.
    TimePoint expires_at;
    /// 1..255 visible ASCII characters, no personal data: the same for every try to open this very session, another for
    /// any other. Stripe keeps it for 24 hours at least and refuses it with other parameters (expires_at is one).
    std::string idempotency_key;
};

enum class SessionStatus : std::uint8_t { open, complete, expired };
enum class SessionPayment : std::uint8_t { unpaid, paid, no_payment_required };

/// "open", "no_payment_required", ...: as Stripe spells them.
[[nodiscard]] std::string_view to_string(SessionStatus status) noexcept;
[[nodiscard]] std::string_view to_string(SessionPayment payment) noexcept;

struct CheckoutSession {
    std::string id;   ///< "cs_...", at most 255 of [A-Za-z0-9_]: fit for a URL's path.
    std::string url;  ///< Where to send the customer: https://, visible ASCII. Empty unless open. Whoever has it may
                      ///< pay: do not log it.
    TimePoint expires_at;
    SessionStatus status = SessionStatus::open;
    SessionPayment payment_status = SessionPayment::unpaid;
    std::string order_id;  ///< client_reference_id; may be empty when another program opened the session.
    Money amount;          ///< amount_total.
};

/// POST {api_base}/v1/checkout/sessions, with `config`'s api_key, api_base and mode. One-off payment by card. Adaptive
/// Pricing is switched off whatever the account says: it would change the total's currency behind the order's back.
/// \param now  UTC: expires_at is 30 min..24 h after it.
/// \return     Carries the key: never log its headers. The body holds the customer's e-mail address.
/// \par Errors invalid_argument: the field and its limit are named, no value is; unsupported: the currency.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Result<OutgoingRequest> create_checkout_session(const CheckoutSessionRequest& request,
                                                              const Config& config, TimePoint now);

/// POST {api_base}/v1/checkout/sessions/{session_id}/expire: an open session takes no payment any more.
/// \param idempotency_key  As CheckoutSessionRequest's: one for all tries of one call.
/// \par Errors invalid_argument.
[[nodiscard]] Result<OutgoingRequest> expire_checkout_session(std::string_view session_id,
                                                              std::string_view idempotency_key, const Config& config);

/// GET {api_base}/v1/checkout/sessions/{session_id}. \par Errors invalid_argument.
[[nodiscard]] Result<OutgoingRequest> retrieve_checkout_session(std::string_view session_id, const Config& config);

/// Reads the answer to any of the three. Strict: at most query_answer_bytes_max of JSON, a checkout.session with every
/// member of CheckoutSession that Stripe always sends, of `config`'s mode if one is set. \par Errors  None names a
/// value that came or was sent but Stripe's own `type`, `code` and `param`, and these only as words of
///              [A-Za-z0-9_.[]-] (Stripe's message may quote an address, so it is left out).
///              invalid_argument: 401, 403 (key or permission: a setting), any other 4xx: Stripe refuses these
///              parameters. conflict:         the idempotency key was used with other parameters (idempotency_error).
///              unavailable:      429, or code lock_timeout: nothing was done.
///              outcome_unknown:  409 (the same key is under way elsewhere), 5xx (Stripe: "treat as indeterminate"), a
///              redirect, and
///                                whatever cannot be read. Ask again with the same key.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Result<CheckoutSession> parse_checkout_session(const HttpAnswer& answer, const Config& config);

/// The same for create_checkout_session's answer, which must also be open, with a url, and about `request`: its order,
/// total and currency. One that is not is outcome_unknown: some session was perhaps made, and nobody may be sent to it.
[[nodiscard]] Result<CheckoutSession> parse_created_session(const HttpAnswer& answer,
                                                            const CheckoutSessionRequest& request,
                                                            const Config& config);

}  // namespace ticketbottle::stripe
