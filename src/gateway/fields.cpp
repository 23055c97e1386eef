#include "gateway/fields.hpp"

#include <algorithm>
#include <charconv>

namespace ticketbottle::gateway {

namespace {

/// Absent and null are the same to every gateway we read: a field without a value.
[[nodiscard]] bool absent(json::Value value) noexcept { return !value || value.is(json::Kind::null); }

}  // namespace

Rejection reject(Reason reason, std::string_view what, std::string_view why) { return reject(reason, {}, what, why); }

Rejection reject(Reason reason, std::string_view outer, std::string_view what, std::string_view why) {
    std::string detail;
    detail.reserve(outer.size() + what.size() + why.size() + 3);
    if (!outer.empty()) {
        detail.append(outer).append(".");
    }
    detail.append(what).append(": ").append(why);
    return {reason, std::move(detail)};
}

std::optional<Rejection> check_keys(const Secrets& keys, std::string_view name, std::size_t count_max) {
    if (keys.empty()) {
        return reject(Reason::config_error, name, "no key is configured");
    }
    if (keys.size() > count_max) {
        return reject(Reason::config_error, name, "more keys are configured than allowed");
    }
    // An empty HMAC key is one that everybody knows.
    if (std::any_of(keys.begin(), keys.end(), [](const Secret& key) { return key.empty(); })) {
        return reject(Reason::config_error, name, "a configured key is empty");
    }
    return std::nullopt;
}

std::optional<Rejection> check_size(std::string_view body) {
    if (body.size() > callback_body_bytes_max) {
        return reject(Reason::malformed_body, "body", "longer than 256 KiB");
    }
    return std::nullopt;
}

std::optional<std::size_t> match_hex_sha256(const Secrets& keys, std::initializer_list<std::string_view> parts,
                                            std::string_view mac_hex) {
    return first_match(
        keys, [&](std::string_view key) { return crypto::equals_hex(crypto::hmac_sha256(key, parts), mac_hex); });
}

std::optional<std::size_t> match_hex_sha512(const Secrets& keys, std::initializer_list<std::string_view> parts,
                                            std::string_view mac_hex) {
    return first_match(
        keys, [&](std::string_view key) { return crypto::equals_hex(crypto::hmac_sha512(key, parts), mac_hex); });
}

Checked<json::Document> read_object(std::string_view text, std::string_view where, std::size_t bytes_max) {
    auto document = json::parse(text, {.bytes_max = bytes_max, .depth_max = json_depth_max});
    if (!document.has_value()) {
        const json::ParseError error = document.error();
        const bool duplicate = error.what == json::ParseError::What::duplicate_key;
        return reject(duplicate ? Reason::duplicate_key : Reason::malformed_body, where, error.text);
    }
    if (!document->root().is(json::Kind::object)) {
        return reject(Reason::malformed_body, where, "not a JSON object");
    }
    return std::move(*document);
}

Checked<std::string_view> required_text(json::Value object, std::string_view name, std::string_view outer,
                                        Reason wrong_type) {
    const json::Value member = object[name];
    if (absent(member)) {
        return reject(Reason::missing_field, outer, name, "missing");
    }
    const auto text = member.as_string();
    if (!text) {
        return reject(wrong_type, outer, name, "not a string");
    }
    return *text;
}

Checked<std::int64_t> required_integer(json::Value object, std::string_view name, std::string_view outer,
                                       Reason wrong_type) {
    const json::Value member = object[name];
    if (absent(member)) {
        return reject(Reason::missing_field, outer, name, "missing");
    }
    const auto number = member.as_int64();
    if (!number) {
        return reject(wrong_type, outer, name, "not a 64-bit integer");
    }
    return *number;
}

Checked<std::int64_t> required_amount(json::Value object, std::string_view name, std::string_view outer) {
    auto amount = required_integer(object, name, outer, Reason::bad_amount);
    if (amount.has_value() && *amount <= 0) {
        return reject(Reason::bad_amount, outer, name, "not above zero");
    }
    return amount;
}

Checked<std::string_view> required_signature(json::Value object, std::string_view name) {
    const json::Value member = object[name];
    if (absent(member)) {
        return reject(Reason::missing_signature, name, "missing");
    }
    const auto text = member.as_string();
    if (!text) {
        return reject(Reason::malformed_body, name, "not a string");
    }
    if (text->empty()) {
        return reject(Reason::missing_signature, name, "empty");
    }
    return *text;
}

std::optional<Rejection> check_order_id(std::string_view order_id, std::size_t bytes_max, std::string_view path) {
    if (order_id.empty()) {
        return reject(Reason::missing_field, path, "empty");
    }
    if (order_id.size() > bytes_max) {
        return reject(Reason::bad_order_code, path, "longer than the gateway allows");
    }
    const bool has_control = std::any_of(order_id.begin(), order_id.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
    if (has_control) {
        return reject(Reason::bad_order_code, path, "holds a control character");
    }
    return std::nullopt;
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> parse_digits(std::string_view text) noexcept {
    std::int64_t number = 0;
    if (text.starts_with('-')) {  // the one thing besides digits that from_chars takes
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return a.size() == b.size() &&
           (a == b || std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); }));
}

}  // namespace ticketbottle::gateway
