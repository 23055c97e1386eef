#include "file/topic_line.hpp"

#include "core/crypto.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::file {
namespace {

constexpr std::string_view base64_suffix = "_base64";

/// A line's depth is 3; what later versions add may be a little deeper.
constexpr std::size_t depth_max = 8;

void write_bytes(json::ObjectWriter& object, std::string_view name, std::string_view bytes, std::string& scratch) {
    if (utf8::valid(bytes)) {
        scratch.clear();
        json::write_string(bytes, scratch);
        if (scratch.size() <= 2 * bytes.size() + 2) return object.raw(name, scratch);
    }
    object.string(std::string(name).append(base64_suffix), crypto::base64(bytes));
}

/// The member `name` or `name`_base64, exactly one of the two.
std::optional<std::string> read_bytes(json::Value object, std::string_view name) {
    const json::Value text = object[name];
    const json::Value encoded = object[std::string(name).append(base64_suffix)];
    if (static_cast<bool>(text) == static_cast<bool>(encoded)) return std::nullopt;
    if (text) {
        const std::optional<std::string_view> plain = text.as_string();
        return plain ? std::optional<std::string>(*plain) : std::nullopt;
    }
    const std::optional<std::string_view> base64 = encoded.as_string();
    return base64 ? crypto::base64_decode(*base64) : std::nullopt;
}

std::optional<std::vector<MessageHeader>> read_headers(json::Value list) {
    if (!list.is(json::Kind::array)) return std::nullopt;
    std::vector<MessageHeader> headers;
    headers.reserve(list.size());
    for (const json::Value entry : list) {
        std::optional<std::string> name = read_bytes(entry, "name");
        std::optional<std::string> value = read_bytes(entry, "value");
        if (!name || !value) return std::nullopt;
        headers.push_back({std::move(*name), std::move(*value)});
    }
    return headers;
}

}  // namespace

void write_line(const Message& message, TimePoint time, std::string& out) {
    std::string scratch;
    json::ObjectWriter line(out);
    line.string("topic", message.topic);
    write_bytes(line, "key", message.key, scratch);
    line.string("time", to_iso8601(time));
    std::string headers = "[";
    for (const MessageHeader& header : message.headers) {
        if (headers.size() > 1) headers += ',';
        json::ObjectWriter entry(headers);
        write_bytes(entry, "name", header.name, scratch);
        write_bytes(entry, "value", header.value, scratch);
        entry.finish();
    }
    headers += ']';
    line.raw("headers", headers);
    write_bytes(line, "value", message.value, scratch);
    line.finish();
    out += '\n';
}

std::optional<TopicLine> parse_line(std::string_view text) {
    const Result<json::Document, json::ParseError> document = json::parse(text, {line_bytes_max, depth_max});
    if (!document.has_value() || !document->root().is(json::Kind::object)) return std::nullopt;
    const json::Value root = document->root();
    const std::optional<std::string_view> topic = root["topic"].as_string();
    const std::optional<std::string_view> time_text = root["time"].as_string();
    if (!topic || !is_topic_name(*topic) || !time_text) return std::nullopt;
    const Result<TimePoint> time = parse_iso8601(*time_text);
    std::optional<std::string> key = read_bytes(root, "key");
    std::optional<std::string> value = read_bytes(root, "value");
    std::optional<std::vector<MessageHeader>> headers = read_headers(root["headers"]);
    if (!time.has_value() || !key || !value || !headers) return std::nullopt;
    return TopicLine{{std::string(*topic), std::move(*key), std::move(*value), std::move(*headers)}, *time};
}

}  // namespace ticketbottle::file
