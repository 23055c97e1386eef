#include <ticketbottle/gateway/standard_webhooks.hpp>

#include "gateway/printable.hpp"
#include "gateway/signed_time.hpp"
#include "gateway/standard_webhooks/signature.hpp"

namespace ticketbottle::standard_webhooks {

namespace {

constexpr std::string_view operation = "standard_webhooks.sign";

[[nodiscard]] std::optional<std::string_view> type_of(NotifiedStatus status) noexcept {
    switch (status) {
        case NotifiedStatus::succeeded:
            return "payment.succeeded";
        case NotifiedStatus::failed:
            return "payment.failed";
        case NotifiedStatus::cancelled:
            return "payment.cancelled";
        case NotifiedStatus::ignored:
            return "customer.created";
        case NotifiedStatus::pending:
            break;
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<Error> check(const TestNotification& notification, TimePoint now) {
    const auto invalid = [](std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); };
    if (!type_of(notification.status)) {
        return invalid("status: there is no pending event");
    }
    if (!gateway::is_printable(notification.event_id) || !gateway::is_utf8_identifier(notification.event_id)) {
        return invalid("event_id: empty, too long, or not printable ASCII");
    }
    if (!gateway::is_utf8_identifier(notification.order_id)) {
        return invalid("order_id: empty, too long, or with control characters");
    }
    if (!gateway::is_utf8_identifier(notification.transaction_id)) {
        return invalid("transaction_id: empty, too long, or with control characters");
    }
    if (notification.amount.minor_units < 0) {
        return invalid("amount: below zero");
    }
    if (now < TimePoint()) {
        return invalid("now: before 1970");
    }
    return std::nullopt;
}

[[nodiscard]] std::string body_text(const TestNotification& notification, TimePoint now) {
    std::string data;
    json::ObjectWriter members(data);
    members.string("order_id", notification.order_id);
    members.string("payment_id", notification.transaction_id);
    members.integer("amount", notification.amount.minor_units);
    members.string("currency", notification.amount.currency.code());
    members.finish();

    std::string out;
    json::ObjectWriter body(out);
    body.string("type", type_of(notification.status).value_or(std::string_view()));
    body.string("timestamp", to_iso8601(now));
    body.raw("data", data);
    body.finish();
    return out;
}

[[nodiscard]] Result<std::string> signature_of(const Key& key, std::string_view message) {
    switch (key.scheme()) {
        case Scheme::hmac: {
            const crypto::Sha256 mac = crypto::hmac_sha256(key.bytes(), {message});
            return "v1," + crypto::base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
        }
        case Scheme::private_key:
            return "v1a," + crypto::base64(crypto::ed25519_sign(key.bytes().substr(0, ed25519_bytes), message));
        case Scheme::public_key:
            break;
    }
    return fail(Errc::invalid_argument, operation, "secrets: the first is a public key, which cannot sign");
}

}  // namespace

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    const auto keys = decode_keys(config.secrets);
    if (!keys.has_value()) {
        return fail(Errc::invalid_argument, operation, keys.error().detail);
    }
    if (auto error = check(notification, now)) {
        return *error;
    }
    std::string body = body_text(notification, now);
    const std::string timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    auto signature = signature_of(keys->front(), notification.event_id + "." + timestamp + "." + body);
    if (!signature.has_value()) {
        return signature.error();
    }
    return Request{.method = "POST",
                   .path = "/webhooks/standard",
                   .query = {},
                   .headers = {{"Content-Type", "application/json"},
                               {std::string(id_header), notification.event_id},
                               {std::string(timestamp_header), timestamp},
                               {std::string(signature_header), std::move(*signature)}},
                   .body = std::move(body)};
}

}  // namespace ticketbottle::standard_webhooks
