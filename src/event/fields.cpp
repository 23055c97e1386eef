#include "event/fields.hpp"

#include "core/format.hpp"

namespace ticketbottle::event {

std::string_view time_member(EventType type) noexcept {
    switch (type) {
        case EventType::payment_completed:
            return "completed_at";
        case EventType::payment_failed:
            return "failed_at";
        case EventType::payment_cancelled:
            return "cancelled_at";
        case EventType::ticket_issued:
            break;
    }
    return "issued_at";
}

void Reader::refuse(std::string_view name, std::string_view why) {
    if (outcome_.has_value()) outcome_ = fail(Errc::malformed, operation_, formatted("{}: {}", name, why));
}

std::string Reader::text(std::string_view name, Presence presence) {
    const json::Value value = object_[name];
    if (!value || value.is(json::Kind::null)) {
        if (presence != Presence::optional) refuse(name, "missing");
        return {};
    }
    const auto text = value.as_string();
    if (!text) {
        refuse(name, "not a string");
        return {};
    }
    if (text->empty() && presence == Presence::not_empty) refuse(name, "empty");
    return std::string(*text);
}

std::int64_t Reader::integer(std::string_view name) {
    const json::Value value = object_[name];
    const auto number = value.as_int64();
    if (!number) refuse(name, value ? "not an integer" : "missing");
    return number.value_or(0);
}

TimePoint Reader::time(std::string_view name) {
    const Result<TimePoint> time = parse_iso8601(text(name, Presence::required));
    if (time.has_value()) return *time;
    refuse(name, "not an ISO 8601 time");
    return {};
}

Currency Reader::currency(std::string_view name) {
    const Result<Currency> currency = Currency::parse(text(name, Presence::required));
    if (currency.has_value()) return *currency;
    refuse(name, "not a currency code");
    return {};
}

Result<json::Document> parse_object(std::string_view text, std::string_view operation) {
    Result<json::Document, json::ParseError> parsed = json::parse(text, {.bytes_max = event_bytes_max, .depth_max = 64});
    if (!parsed.has_value()) return fail(Errc::malformed, operation, parsed.error().text);
    if (!parsed->root().is(json::Kind::object)) return fail(Errc::malformed, operation, "not a JSON object");
    return std::move(*parsed);
}

}  // namespace ticketbottle::event
