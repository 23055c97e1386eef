// Whose request is it? By the path, else by the shape.

#include <algorithm>
#include <array>
#include <ticketbottle/gateway/gateways.hpp>

#include "core/json.hpp"
#include "gateway/event_origin.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle {

namespace {

using gateway::equals_ignoring_case;

struct PathName {
    std::string_view segment;
    Gateway gateway;
};
constexpr std::array<PathName, 10> path_names{{{"zalopay", Gateway::zalopay},
                                               {"zalo-pay", Gateway::zalopay},
                                               {"payos", Gateway::payos},
                                               {"pay-os", Gateway::payos},
                                               {"vnpay", Gateway::vnpay},
                                               {"vn-pay", Gateway::vnpay},
                                               {"stripe", Gateway::stripe},
                                               {"momo", Gateway::momo},
                                               {"standard", Gateway::standard_webhooks},
                                               {"standard-webhooks", Gateway::standard_webhooks}}};

/// Takes the text up to the next `separator` off `text`.
[[nodiscard]] std::string_view take_until(std::string_view& text, char separator) noexcept {
    const std::size_t at = std::min(text.find(separator), text.size());
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

[[nodiscard]] std::optional<Gateway> by_path(std::string_view path) noexcept {
    bool after_webhook = false;
    while (!path.empty()) {
        const std::string_view segment = take_until(path, '/');
        if (after_webhook) {
            const auto* const found = std::find_if(path_names.begin(), path_names.end(), [&](const PathName& name) {
                return equals_ignoring_case(name.segment, segment);
            });
            if (found != path_names.end()) {
                return found->gateway;
            }
        }
        after_webhook = equals_ignoring_case(segment, "webhook") || equals_ignoring_case(segment, "webhooks");
    }
    return std::nullopt;
}

[[nodiscard]] bool has_header(const Request& request, std::string_view name) noexcept {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const Header& header) { return equals_ignoring_case(header.name, name); });
}

[[nodiscard]] bool has_vnpay_parameter(std::string_view query) noexcept {
    while (!query.empty()) {
        if (take_until(query, '&').starts_with("vnp_")) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] std::optional<Gateway> by_body(const Request& request) {
    const auto document =
        json::parse(request.body, {.bytes_max = callback_body_bytes_max, .depth_max = json_depth_max});
    if (!document.has_value()) {
        return std::nullopt;
    }
    const json::Value root = document->root();
    const auto has = [&](std::string_view name) { return static_cast<bool>(root[name]); };
    if (gateway::came_without_http(request)) {
        return has("detail-type") || has("detail") ? std::optional(Gateway::stripe_eventbridge) : std::nullopt;
    }
    if (has("data") && has("mac") && has("type")) {
        return Gateway::zalopay;
    }
    if (has("code") && has("desc") && has("data") && has("signature")) {
        return Gateway::payos;
    }
    if (has("partnerCode") && has("signature")) {
        return Gateway::momo;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Gateway> route(const Request& request) {
    if (const auto named = by_path(request.path)) {
        return named;
    }
    if (has_header(request, "stripe-signature")) {
        return Gateway::stripe;
    }
    if (has_header(request, "webhook-signature")) {
        return Gateway::standard_webhooks;
    }
    if (request.query.size() <= callback_query_bytes_max && has_vnpay_parameter(request.query)) {
        return Gateway::vnpay;
    }
    return by_body(request);
}

}  // namespace ticketbottle
