// Members that checkout sessions, payment intents and invoices share.
#include "gateway/signed_time.hpp"
#include "gateway/stripe/event.hpp"

namespace ticketbottle::stripe {

namespace {

using gateway::Checked;
using gateway::reject;

constexpr std::string_view path = "data.object";
constexpr std::size_t metadata_bytes_max = 500 * 4;  ///< Stripe: 500 characters in a metadata value.

[[nodiscard]] bool is_missing(json::Value value) noexcept { return !value || value.is(json::Kind::null); }

/// A string that may be absent, null or empty: "" then.
[[nodiscard]] Checked<std::string_view> optional_text(json::Value object, std::string_view name,
                                                      std::string_view outer) {
    const json::Value member = object[name];
    if (is_missing(member)) {
        return std::string_view();
    }
    return gateway::required_text(object, name, outer);
}

/// Only for mailing, so an address that could not be mailed (or would break a header) is as good as none.
[[nodiscard]] std::string_view email_in(json::Value value) {
    const std::string_view text = value.as_string().value_or(std::string_view());
    return gateway::is_identifier(text) ? text : std::string_view();
}

}  // namespace

Checked<Money> read_money(json::Value object, std::string_view amount_name) {
    const auto amount = gateway::required_integer(object, amount_name, path, Reason::bad_amount);
    if (!amount.has_value()) {
        return amount.error();
    }
    if (*amount < 0) {
        return reject(Reason::bad_amount, path, amount_name, "below zero");
    }
    const auto code = gateway::required_text(object, "currency", path);
    if (!code.has_value()) {
        return code.error();
    }
    const auto currency = Currency::parse(*code);
    if (!currency.has_value()) {
        return reject(Reason::unsupported_value, path, "currency", "not three letters");
    }
    return Money{*amount, *currency};
}

Checked<std::string_view> read_order_id(json::Value object) {
    const json::Value metadata = object["metadata"];
    if (!is_missing(metadata) && !metadata.is(json::Kind::object)) {
        return reject(Reason::malformed_body, path, "metadata", "not an object");
    }
    auto order_id = optional_text(metadata, "order_id", "data.object.metadata");
    if (order_id.has_value() && order_id->empty()) {
        order_id = optional_text(object, "client_reference_id", path);
    }
    if (order_id.has_value() && !order_id->empty()) {
        if (auto refused = gateway::check_order_id(*order_id, metadata_bytes_max, "data.object.metadata.order_id")) {
            return *refused;
        }
    }
    return order_id;
}

Checked<std::string_view> read_reference(json::Value object, std::string_view name) {
    json::Value value = object[name];
    if (value.is(json::Kind::object)) {
        value = value["id"];
    }
    if (is_missing(value)) {
        return std::string_view();
    }
    const auto id = value.as_string();
    if (!id || (!id->empty() && !gateway::is_identifier(*id))) {
        return reject(Reason::unsupported_value, path, name, "not an id");
    }
    return *id;
}

bool takes_no_payment(json::Value session) noexcept {
    return session["object"].text() == "checkout.session" && session["mode"].text() == "setup";
}

std::string_view payer_email(json::Value object) {
    const std::string_view email = email_in(object["customer_email"]);
    return email.empty() ? email_in(object["customer_details"]["email"]) : email;
}

std::optional<TimePoint> read_created(json::Value object) noexcept {
    constexpr std::int64_t year_10000 = 253'402'300'800;
    const auto created = object["created"].as_int64();
    if (!created || *created < 0 || *created >= year_10000) {
        return std::nullopt;
    }
    return TimePoint(std::chrono::seconds(*created));
}

std::string_view charge_id_of(std::string_view transaction_id) noexcept {
    return transaction_id.starts_with("pi_") ? transaction_id : std::string_view();
}

}  // namespace ticketbottle::stripe
