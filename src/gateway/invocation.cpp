// request_from_invocation: one function event, of whichever kind, as the Request inside it.
// Shapes: docs/gateways/requests.md.

#include <optional>
#include <ticketbottle/gateway/request.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"
#include "gateway/form.hpp"

namespace ticketbottle {

namespace {

using json::Kind;
using json::Value;

constexpr std::string_view operation = "gateway.request_from_invocation";

[[nodiscard]] Error malformed(std::string detail) { return fail(Errc::malformed, operation, std::move(detail)); }

/// What a value of a header or parameter map was, that is no text. Null is "not sent".
enum class MapError : std::uint8_t { none, not_text };

[[nodiscard]] bool is_stripe_or_archive_source(std::string_view source) noexcept {
    return source == "stripe.com" || source == "aws.events" || source.starts_with("aws.partner/stripe.com/");
}

/// An HTTP client chooses what stands inside `body`, `headers` and `path`, never the members of the event itself.
[[nodiscard]] bool is_event_bridge(Value event) noexcept {
    const auto source = event["source"].as_string();
    return event["detail-type"] || (source && is_stripe_or_archive_source(*source)) ||
           (event["detail"].is(Kind::object) && !event["body"]);
}

/// Calls `take(name, value)` for each value in {"name": "value" | ["value", ...] | null}.
template <class Take>
[[nodiscard]] MapError for_each_text(Value map, Take take) {
    for (const Value entry : map) {
        if (entry.is(Kind::string)) {
            take(entry.key(), entry.text());
        } else if (entry.is(Kind::array)) {
            for (const Value element : entry) {
                if (!element.is(Kind::string)) {
                    return MapError::not_text;
                }
                take(entry.key(), element.text());
            }
        } else if (!entry.is(Kind::null)) {
            return MapError::not_text;
        }
    }
    return MapError::none;
}

/// The multi-value map when the event has one: it is complete, the other holds only each name's last value.
[[nodiscard]] Value preferred_map(Value event, std::string_view multi, std::string_view single) noexcept {
    const Value map = event[multi];
    return map.is(Kind::object) && map.size() > 0 ? map : event[single];
}

[[nodiscard]] Result<void> read_headers(Value event, Request& request) {
    const Value map = preferred_map(event, "multiValueHeaders", "headers");
    request.headers.reserve(map.size() + 1);
    const auto error = for_each_text(map, [&](std::string_view name, std::string_view value) {
        request.headers.push_back({std::string(name), std::string(value)});
    });
    if (error != MapError::none) {
        return malformed("headers: a value is not a string");
    }
    // Payload format 2.0 takes cookies out of the headers.
    std::string cookies;
    for (const Value cookie : event["cookies"]) {
        if (!cookie.is(Kind::string)) {
            return malformed("cookies: an element is not a string");
        }
        cookies.append(cookies.empty() ? "" : "; ").append(cookie.text());
    }
    if (!cookies.empty()) {
        request.headers.push_back({"cookie", std::move(cookies)});
    }
    return {};
}

enum class Encoding : std::uint8_t {
    decoded,   ///< API Gateway 1.0: values as they mean.
    verbatim,  ///< Application load balancer: values as they came.
};

[[nodiscard]] Result<std::string> query_of_map(Value map, Encoding encoding) {
    std::string query;
    const auto append = [&](std::string_view text) {
        if (encoding == Encoding::decoded) {
            gateway::append_form_encoded(text, query);
        } else {
            query += text;
        }
    };
    const auto error = for_each_text(map, [&](std::string_view name, std::string_view value) {
        query += query.empty() ? "" : "&";
        append(name);
        query += '=';
        append(value);
    });
    if (error != MapError::none) {
        return malformed("queryStringParameters: a value is not a string");
    }
    return query;
}

[[nodiscard]] Result<std::string> read_query(Value event) {
    const Value raw = event["rawQueryString"];
    if (raw.is(Kind::string)) {
        return std::string(raw.text());
    }
    const bool load_balancer = event["requestContext"]["elb"].is(Kind::object);
    return query_of_map(preferred_map(event, "multiValueQueryStringParameters", "queryStringParameters"),
                        load_balancer ? Encoding::verbatim : Encoding::decoded);
}

[[nodiscard]] Result<std::string> read_body(Value event) {
    const Value body = event["body"];
    const Value flag = event["isBase64Encoded"];
    if (flag && !flag.is(Kind::boolean) && !flag.is(Kind::null)) {
        return malformed("isBase64Encoded: not a boolean");
    }
    if (!body || body.is(Kind::null)) {
        return std::string();
    }
    if (!body.is(Kind::string)) {
        return malformed("body: not a string");
    }
    std::string bytes;
    if (flag.as_bool().value_or(false)) {
        auto decoded = crypto::base64_decode(body.text());
        if (!decoded) {
            return malformed("body: not base64");
        }
        bytes = std::move(*decoded);
    } else {
        bytes = body.text();
    }
    if (bytes.size() > callback_body_bytes_max) {
        return malformed("body: longer than 256 KiB");
    }
    return bytes;
}

/// Text of the first of the two that is there; nullopt if neither is.
[[nodiscard]] std::optional<std::string_view> first_text(Value first, Value second) noexcept {
    const auto text = first.as_string();
    return text ? text : second.as_string();
}

[[nodiscard]] Result<Request> http_request(Value event) {
    const Value http = event["requestContext"]["http"];
    const auto method = first_text(event["httpMethod"], http["method"]);
    const auto path = event["rawPath"] ? event["rawPath"].as_string() : first_text(event["path"], http["path"]);
    if (!method || !path) {
        return malformed("event: neither an API Gateway proxy event nor an EventBridge envelope");
    }
    // The method of an event without HTTP: such an event is trusted for its source, so no client may claim it.
    if (method->empty() || *method == "INVOKE") {
        return malformed("event: not an HTTP method");
    }
    Request request;
    request.method = *method;
    request.path = path->empty() ? std::string_view("/") : *path;
    auto query = read_query(event);
    if (!query.has_value()) {
        return query.error();
    }
    request.query = std::move(*query);
    if (auto done = read_headers(event, request); !done.has_value()) {
        return done.error();
    }
    auto body = read_body(event);
    if (!body.has_value()) {
        return body.error();
    }
    request.body = std::move(*body);
    return request;
}

}  // namespace

Result<Request> request_from_invocation(std::string_view event) {
    auto document = json::parse(event, {.bytes_max = proxy_event_bytes_max, .depth_max = json_depth_max});
    if (!document.has_value()) {
        return malformed("event: " + document.error().text);
    }
    const Value root = document->root();
    if (!root.is(Kind::object)) {
        return malformed("event: not a JSON object");
    }
    if (!is_event_bridge(root)) {
        return http_request(root);
    }
    if (event.size() > callback_body_bytes_max) {
        return malformed("event: an EventBridge envelope longer than 256 KiB");
    }
    Request request;
    request.method = "INVOKE";
    request.body = event;
    return request;
}

}  // namespace ticketbottle
