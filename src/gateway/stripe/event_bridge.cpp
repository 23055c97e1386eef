#include <algorithm>
#include <ticketbottle/gateway/stripe.hpp>

#include "gateway/event_origin.hpp"
#include "gateway/signed_time.hpp"
#include "gateway/stripe/event.hpp"

namespace ticketbottle::stripe {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] std::optional<Rejection> check_config(const EventBridgeConfig& config) {
    const bool has_empty = std::any_of(config.sources.begin(), config.sources.end(),
                                       [](const std::string& source) { return source.empty(); });
    if (config.sources.empty() || has_empty) {
        return reject(Reason::config_error, "sources", "none is configured, or one is empty");
    }
    if (config.account.size() != 12 || !gateway::is_digits(config.account)) {
        return reject(Reason::config_error, "account", "not 12 digits");
    }
    return std::nullopt;
}

/// What stands in for a signature: who put the event on the bus, as the bus itself says.
[[nodiscard]] std::optional<Rejection> check_origin(json::Value envelope, const EventBridgeConfig& config) {
    const auto source = envelope["source"].as_string();
    if (!source || std::find(config.sources.begin(), config.sources.end(), *source) == config.sources.end()) {
        return reject(Reason::untrusted_source, "source", "not a configured one");
    }
    const auto account = envelope["account"].as_string();
    if (!account || *account != config.account) {
        return reject(Reason::account_mismatch, "account", "not ours");
    }
    return std::nullopt;
}

/// Nothing but `data`, as an older bridge forwards it.
[[nodiscard]] bool is_partial(json::Value detail) noexcept {
    return !detail["object"] && !detail["type"] && !detail["id"] && detail["data"].is(json::Kind::object);
}

/// The envelope has what a partial detail lacks. Its livemode is unknown, so a configured mode refuses it.
[[nodiscard]] Checked<EventHead> read_partial_head(json::Value envelope, const EventBridgeConfig& config,
                                                   std::string_view detail_type) {
    if (config.mode) {
        return reject(Reason::missing_field, "livemode", "missing");
    }
    const auto id = gateway::required_text(envelope, "id");
    if (!id.has_value()) {
        return id.error();
    }
    if (!gateway::is_identifier(*id)) {
        return reject(Reason::unsupported_value, "id", "empty, too long, or with control characters");
    }
    const auto time = parse_iso8601(envelope["time"].text());
    return EventHead{*id, detail_type, time.has_value() ? std::optional(*time) : std::nullopt};
}

[[nodiscard]] Checked<EventHead> read_detail_head(json::Value envelope, const EventBridgeConfig& config) {
    const json::Value detail = envelope["detail"];
    if (!detail.is(json::Kind::object)) {
        return reject(Reason::malformed_body, "detail", "not an object");
    }
    const auto detail_type = gateway::required_text(envelope, "detail-type");
    if (!detail_type.has_value()) {
        return detail_type.error();
    }
    if (config.partial_detail == PartialDetail::accept && is_partial(detail)) {
        return read_partial_head(envelope, config, *detail_type);
    }
    const auto head = read_head(detail, config.mode);
    if (!head.has_value()) {
        const Rejection refused = head.error();
        return Rejection{refused.reason, "detail." + refused.detail};
    }
    if (head->type != *detail_type) {
        return reject(Reason::malformed_body, "detail.type", "not the envelope's detail-type");
    }
    return head;
}

}  // namespace

Verdict verify_event_bridge(const Request& request, const EventBridgeConfig& config) {
    if (auto refused = check_config(config)) {
        return *refused;
    }
    if (!gateway::came_without_http(request)) {
        return reject(Reason::untrusted_source, "request", "an envelope that came over HTTP");
    }
    const auto envelope = gateway::read_object(request.body, "envelope", proxy_event_bytes_max);
    if (!envelope.has_value()) {
        return envelope.error();
    }
    if (auto refused = check_origin(envelope->root(), config)) {
        return *refused;
    }
    const auto head = read_detail_head(envelope->root(), config);
    if (!head.has_value()) {
        return head.error();
    }
    auto payment = read_payment(envelope->root()["detail"], *head, Gateway::stripe_eventbridge);
    if (!payment.has_value()) {
        const Rejection refused = payment.error();
        return Rejection{refused.reason, "detail." + refused.detail};
    }
    return Verified{std::move(*payment), 0};
}

}  // namespace ticketbottle::stripe
