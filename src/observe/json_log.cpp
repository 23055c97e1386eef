#include <ticketbottle/observe/json_log.hpp>

#include "core/json.hpp"
#include "observe/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <string>
#include <unordered_set>
#include <utility>
#include <variant>

namespace ticketbottle::observe {

namespace {

constexpr std::size_t name_bytes_max = 200;
constexpr std::array<std::string_view, 5> reserved = {"time", "severity", "event", "message", "truncated"};

void write_field(json::ObjectWriter& writer, const std::string& name, const Field& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        writer.string(name, to_utf8(*text, log_text_bytes_max));
    } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
        writer.integer(name, *integer);
    } else if (const auto* number = std::get_if<double>(&field.value)) {
        writer.raw(name, to_json_number(*number));
    } else {
        writer.boolean(name, std::get<bool>(field.value));
    }
}

std::string line_of(const LogRecord& record, TimePoint now) {
    std::string line;
    json::ObjectWriter writer(line);
    writer.string("time", to_iso8601(now));
    writer.string("severity", to_string(record.severity));
    writer.string("event", to_utf8(record.event, name_bytes_max));
    if (!record.message.empty()) writer.string("message", to_utf8(record.message, log_text_bytes_max));
    std::unordered_set<std::string> names;
    for (const Field& field : record.fields.first(std::min(record.fields.size(), log_fields_max))) {
        std::string name = to_utf8(field.name, name_bytes_max);
        if (std::ranges::find(reserved, name) != reserved.end()) name += '_';
        if (names.insert(name).second) write_field(writer, name, field);
    }
    if (record.fields.size() > log_fields_max) writer.boolean("truncated", true);
    writer.finish();
    line += '\n';
    return line;
}

}  // namespace

TimePoint system_time() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

JsonLogObserver::JsonLogObserver(LineSink sink, JsonLogOptions options) : sink_(std::move(sink)), options_(std::move(options)) {}

void JsonLogObserver::log(const LogRecord& record) {
    if (record.severity < options_.threshold) return;
    const std::string line = line_of(record, options_.time());
    const std::lock_guard lock(mutex_);
    try {
        sink_(line);
    } catch (...) {
        ++lost_;
    }
}

std::optional<Severity> parse_severity(std::string_view text) noexcept {
    constexpr std::array<std::pair<std::string_view, Severity>, 6> names = {{{"debug", Severity::debug},
                                                                             {"info", Severity::info},
                                                                             {"warning", Severity::warning},
                                                                             {"warn", Severity::warning},
                                                                             {"error", Severity::error},
                                                                             {"alert", Severity::alert}}};
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? char(a - 'A' + 'a') : a) == b; };
    for (const auto& [name, severity] : names) {
        if (std::ranges::equal(text, name, same)) return severity;
    }
    return std::nullopt;
}

}  // namespace ticketbottle::observe
