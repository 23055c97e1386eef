// What a queue delivers: an event, or a pipe's envelope around one.
#include "event/fields.hpp"

#include "core/crypto.hpp"
#include "core/format.hpp"

#include <algorithm>

namespace ticketbottle {
namespace {

constexpr std::string_view operation = "event.open";
constexpr std::string_view type_member = "eventType";

/// A pipe's envelope has the record's value as text; an event has its own id instead.
bool is_envelope(json::Value root) {
    return root["value"].as_string().has_value() && !root["payment_id"] && !root["ticket_id"];
}

/// A Kafka record's headers as a pipe writes them: [{"eventType": [80, 65, 89, ...]}], a byte per number.
std::string type_in_headers(json::Value headers) {
    std::string type;
    if (!headers.is(json::Kind::array)) return type;
    for (const json::Value header : headers) {
        const json::Value bytes = header[type_member];
        if (!bytes.is(json::Kind::array)) continue;
        type.clear();
        for (const json::Value byte : bytes) {
            const auto number = byte.as_int64();
            if (!number || *number < 0 || *number > 127) return {};  // a type's name is ASCII
            type += static_cast<char>(*number);
        }
    }
    return type;
}

Result<std::string> payload_of(std::string_view value) {
    // JSON first: no JSON object is valid base64, for that alphabet has no brace.
    if (!value.starts_with('{')) {
        if (auto decoded = crypto::base64_decode(value)) return std::move(*decoded);
        if (value.find('{') == std::string_view::npos) return fail(Errc::malformed, operation, "value: neither JSON nor base64");
    }
    return std::string(value);
}

/// A type's name for an error: only what a type name can be, for it came from outside.
std::string printable(std::string_view name) {
    const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (name.size() > 64 || !std::ranges::all_of(name, plain)) return "an event type";
    return std::string(name);
}

/// The first of the places that names a type decides; what is said but unknown is not passed over.
Result<EventType> type_among(std::initializer_list<std::string_view> places) {
    for (const std::string_view name : places) {
        if (name.empty()) continue;
        const auto type = parse_event_type(name);
        if (!type) return fail(Errc::unsupported, operation, printable(name) + ": not known to this version");
        return *type;
    }
    return fail(Errc::malformed, operation, "no eventType, in the event or beside it");
}

std::string_view type_in(json::Value object) { return object[type_member].as_string().value_or(std::string_view()); }

}  // namespace

Result<IncomingEvent> open_event(std::string_view body, std::string_view type_beside) {
    const Result<json::Document> outer = event::parse_object(body, operation);
    if (!outer.has_value()) return outer.error();
    const json::Value root = outer->root();
    if (!is_envelope(root)) {
        const Result<EventType> type = type_among({type_in(root), type_beside});
        if (!type.has_value()) return type.error();
        return IncomingEvent{*type, std::string(body)};
    }
    Result<std::string> payload = payload_of(*root["value"].as_string());
    if (!payload.has_value()) return payload.error();
    const Result<json::Document> inner = event::parse_object(*payload, operation);
    if (!inner.has_value()) return fail(Errc::malformed, operation, formatted("value: {}", inner.error().detail_text()));
    const Result<EventType> type =
        type_among({type_in(inner->root()), type_in(root), type_in_headers(root["headers"]), type_beside});
    if (!type.has_value()) return type.error();
    return IncomingEvent{*type, std::move(*payload)};
}

}  // namespace ticketbottle
