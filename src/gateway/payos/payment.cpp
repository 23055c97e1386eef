#include "gateway/payos/payment.hpp"

#include <algorithm>
#include <ticketbottle/core/notification.hpp>

#include "gateway/payos/canonical_text.hpp"

namespace ticketbottle::payos {

using gateway::Checked;
using gateway::reject;

namespace {

constexpr std::string_view data_path = "data";

[[nodiscard]] bool is_missing(json::Value value) noexcept { return !value || value.is(json::Kind::null); }

/// Plain integer tokens only: "250000.0" and "25e4" sign like 250000, but no genuine message has them.
[[nodiscard]] std::optional<std::int64_t> safe_integer(json::Value value) noexcept {
    const auto number = value.as_int64();
    return number && *number <= number_max ? number : std::nullopt;
}

}  // namespace

bool is_link_id(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= link_id_bytes_max && std::all_of(text.begin(), text.end(), allowed);
}

bool is_order_code(std::string_view digits) noexcept {
    const auto number = gateway::parse_digits(digits);
    return number && digits.front() != '0' && *number <= number_max;
}

Checked<std::size_t> check_signature(json::Value body, const Secrets& checksum_keys) {
    const json::Value data = body["data"];
    if (!data.is(json::Kind::object)) {
        return reject(Reason::malformed_body, data_path, "not an object");
    }
    const auto signature = gateway::required_signature(body, "signature");
    if (!signature.has_value()) {
        return signature.error();
    }
    const auto text = canonical_text(data, data_path);
    if (!text.has_value()) {
        return text.error();
    }
    const auto key = gateway::match_hex_sha256(checksum_keys, {*text}, *signature);
    if (!key) {
        return reject(Reason::bad_signature, "signature", "no checksum key gives it");
    }
    return *key;
}

Checked<std::string_view> read_order_code(json::Value data) {
    const json::Value code = data["orderCode"];
    if (is_missing(code)) {
        return reject(Reason::missing_field, data_path, "orderCode", "missing");
    }
    const auto number = safe_integer(code);
    if (!number || *number < 1) {
        return reject(Reason::bad_order_code, data_path, "orderCode", "not an integer from 1 to 2^53-1");
    }
    return code.text();
}

Checked<std::string_view> read_link_id(json::Value data, std::string_view name) {
    const auto id = read_text(data, name);
    if (id.has_value() && !is_link_id(*id)) {
        return reject(Reason::bad_order_code, data_path, name, "not 1 to 64 letters, digits, '_' or '-'");
    }
    return id;
}

Checked<std::int64_t> read_amount(json::Value data, std::string_view name, std::int64_t at_least) {
    const json::Value amount = data[name];
    if (is_missing(amount)) {
        return reject(Reason::missing_field, data_path, name, "missing");
    }
    const auto number = safe_integer(amount);
    if (!number || *number < at_least) {
        return reject(Reason::bad_amount, data_path, name, "not an integer in range");
    }
    return *number;
}

Checked<std::string_view> read_text(json::Value data, std::string_view name) {
    const auto text = gateway::required_text(data, name, data_path);
    if (text.has_value() && signs_as_absent(*text)) {
        return reject(Reason::missing_field, data_path, name, "empty, or signed as if it were");
    }
    return text;
}

std::optional<TimePoint> parse_time(std::string_view text) {
    std::string iso(text);
    constexpr std::size_t date_bytes = 10;
    if (iso.size() > date_bytes && iso[date_bytes] == ' ') {
        iso[date_bytes] = 'T';
        iso.append("+07:00");
    }
    const auto time = parse_iso8601(iso);
    return time.has_value() ? std::optional(*time) : std::nullopt;
}

std::string dedup_key(std::string_view reference, std::string_view order_code, std::string_view link_id,
                      NotifiedStatus status) {
    std::string key;
    key.reserve(reference.size() + order_code.size() + link_id.size() + 16);
    key.append(reference)
        .append(":")
        .append(order_code)
        .append(":")
        .append(link_id)
        .append(":")
        .append(to_string(status));
    return key;
}

}  // namespace ticketbottle::payos
