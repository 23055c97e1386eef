#include <ticketbottle/core/ids.hpp>

#include "core/json.hpp"
#include "gateway/fields.hpp"
#include "gateway/stripe/signature_header.hpp"
#include "gateway/stripe/test_event.hpp"

namespace ticketbottle::stripe {

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    constexpr std::string_view operation = "stripe.sign";
    if (gateway::check_keys(config.endpoint_secrets, "endpoint_secrets")) {
        return fail(Errc::invalid_argument, operation, "endpoint_secrets: none, or an empty one");
    }
    if (now < TimePoint()) {
        return fail(Errc::invalid_argument, operation, "now: before 1970");
    }
    auto event = test_event(notification, config.mode, now, operation);
    if (!event.has_value()) {
        return event.error();
    }
    const std::string timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    const crypto::Sha256 mac =
        crypto::hmac_sha256(config.endpoint_secrets.front().expose(), {timestamp, ".", event->json});
    return Request{
        .method = "POST",
        .path = "/webhooks/stripe",
        .query = {},
        .headers = {{"Content-Type", "application/json; charset=utf-8"},
                    {std::string(signature_header_name), "t=" + timestamp + ",v1=" + crypto::lower_hex(mac)}},
        .body = std::move(event->json)};
}

Result<Request> wrap_event_bridge(const TestNotification& notification, const EventBridgeConfig& config,
                                  TimePoint now) {
    constexpr std::string_view operation = "stripe.wrap_event_bridge";
    if (config.sources.empty() || config.sources.front().empty() || config.account.empty()) {
        return fail(Errc::invalid_argument, operation, "sources or account: empty");
    }
    const auto event = test_event(notification, config.mode, now, operation);
    if (!event.has_value()) {
        return event.error();
    }
    const std::string& source = config.sources.front();
    std::string resources = "[";
    json::write_string("arn:aws:events:eu-west-1::event-source/" + source, resources);
    resources += ']';

    Request request{.method = "INVOKE", .path = {}, .query = {}, .headers = {}, .body = {}};
    json::ObjectWriter envelope(request.body);
    envelope.string("version", "0");
    envelope.string("id", derived_uuid("stripe.wrap_event_bridge", notification.event_id));
    envelope.string("detail-type", event->type);
    envelope.string("source", source);
    envelope.string("account", config.account);
    envelope.string("time", to_iso8601(std::chrono::floor<std::chrono::seconds>(now)));
    envelope.string("region", "eu-west-1");
    envelope.raw("resources", resources);
    envelope.raw("detail", event->json);
    envelope.finish();
    return request;
}

}  // namespace ticketbottle::stripe
