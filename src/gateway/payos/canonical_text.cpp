#include "gateway/payos/canonical_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

namespace ticketbottle::payos {

namespace {

using gateway::Checked;
using gateway::reject;

constexpr auto word_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

[[nodiscard]] bool is_signable(std::string_view key) noexcept {
    bool only_words = true;
    for (const char c : key) {
        only_words &= word_characters[static_cast<unsigned char>(c)];
    }
    if (!only_words) {
        return false;
    }
    // Sorting into a JavaScript object loses __proto__: that member would go unsigned.
    return !key.empty() && key != "__proto__";
}

[[nodiscard]] bool may_be_array_index(std::string_view key) noexcept {
    return key.front() >= '0' && key.front() <= '9';
}

/// A key that JavaScript keeps before all others, in numeric order: "0".."4294967294", without leading zeros.
[[nodiscard]] std::optional<std::int64_t> array_index(std::string_view key) noexcept {
    if (!may_be_array_index(key) || (key.size() > 1 && key.front() == '0')) {
        return std::nullopt;
    }
    const auto index = gateway::parse_digits(key);
    const bool fits = index && *index < std::int64_t{std::numeric_limits<std::uint32_t>::max()};
    return fits ? index : std::nullopt;
}

/// JavaScript's order of own keys, given the order in which the others were put in: by byte, or as received.
enum class Order { sorted, received };

/// Array indices before other keys, by number; the others by byte, or left as they are.
[[nodiscard]] bool comes_before(std::string_view a, std::string_view b, Order order) noexcept {
    const auto index_a = array_index(a);
    const auto index_b = array_index(b);
    if (index_a || index_b) {
        return index_a && (!index_b || *index_a < *index_b);
    }
    return order == Order::sorted && a < b;
}

/// The name's first eight bytes as a number: nearly all names differ there, and so sort without a look at their text.
[[nodiscard]] std::uint64_t rank_of(std::string_view name) noexcept {
    std::array<unsigned char, 8> head{};
    if (name.size() >= head.size()) {
        std::memcpy(head.data(), name.data(), head.size());
    } else {
        std::memcpy(head.data(), name.data(), name.size());
    }
    std::uint64_t rank = 0;
    for (const unsigned char byte : head) {
        rank = rank << 8U | byte;
    }
    return rank;
}

struct Member {
    std::uint64_t rank = 0;
    json::Value value;
};

[[nodiscard]] bool by_name(const Member& a, const Member& b) noexcept {
    return a.rank != b.rank ? a.rank < b.rank : a.value.key() < b.value.key();
}

[[nodiscard]] Checked<std::vector<Member>> members(json::Value object, Order order, std::string_view path) {
    std::vector<Member> ordered;
    ordered.reserve(object.size());
    bool any_index = false;
    for (const json::Value member : object) {
        if (!is_signable(member.key())) {
            return reject(Reason::unsupported_value, path, "a member name that the signature cannot bind");
        }
        any_index = any_index || may_be_array_index(member.key());
        ordered.push_back({rank_of(member.key()), member});
    }
    if (any_index) {  // never in a genuine message
        std::stable_sort(ordered.begin(), ordered.end(), [order](const Member& a, const Member& b) {
            return comes_before(a.value.key(), b.value.key(), order);
        });
    } else if (order == Order::sorted) {
        std::sort(ordered.begin(), ordered.end(), by_name);
    }
    return ordered;
}

[[nodiscard]] std::optional<Rejection> append_number(json::Value value, std::string_view path, std::string& out) {
    if (!append_ecmascript_number(value.text(), out)) {
        return reject(Reason::unsupported_value, path, "a number past the range of a double");
    }
    return std::nullopt;
}

/// As JSON.stringify prints it. Recursion is bounded: the parser refuses depth past json_depth_max.
[[nodiscard]] std::optional<Rejection> append_json(json::Value value, Order order, std::string_view path,
                                                   std::string& out);

[[nodiscard]] std::optional<Rejection> append_json_object(json::Value object, Order order, std::string_view path,
                                                          std::string& out) {
    const auto ordered = members(object, order, path);
    if (!ordered.has_value()) {
        return ordered.error();
    }
    char separator = '{';
    for (const auto& [rank, member] : *ordered) {
        out += separator;
        separator = ',';
        json::write_string(member.key(), out);
        out += ':';
        if (auto refused = append_json(member, Order::received, path, out)) {
            return refused;
        }
    }
    out.append(separator == '{' ? "{}" : "}");
    return std::nullopt;
}

[[nodiscard]] std::optional<Rejection> append_json_array(json::Value array, Order order, std::string_view path,
                                                         std::string& out) {
    out += '[';
    bool first = true;
    for (const json::Value element : array) {
        if (!first) {
            out += ',';
        }
        first = false;
        if (auto refused = append_json(element, order, path, out)) {
            return refused;
        }
    }
    out += ']';
    return std::nullopt;
}

std::optional<Rejection> append_json(json::Value value, Order order, std::string_view path, std::string& out) {
    switch (value.kind()) {
        case json::Kind::null:
            out.append("null");
            return std::nullopt;
        case json::Kind::boolean:
            out.append(value.as_bool().value_or(false) ? "true" : "false");
            return std::nullopt;
        case json::Kind::number:
            return append_number(value, path, out);
        case json::Kind::string:
            json::write_string(value.text(), out);
            return std::nullopt;
        case json::Kind::array:
            return append_json_array(value, order, path, out);
        case json::Kind::object:
            return append_json_object(value, order, path, out);
    }
    return std::nullopt;
}

/// Each element's own keys are sorted, one level deep; whatever lies deeper keeps its order.
[[nodiscard]] std::optional<Rejection> append_array_of_objects(json::Value array, std::string_view path,
                                                               std::string& out) {
    for (const json::Value element : array) {
        if (!element.is(json::Kind::object)) {
            return reject(Reason::unsupported_value, path, "an array of something other than objects");
        }
    }
    return append_json_array(array, Order::sorted, path, out);
}

[[nodiscard]] std::optional<Rejection> append_value(json::Value value, std::string_view path, std::string& out) {
    switch (value.kind()) {
        case json::Kind::null:
            return std::nullopt;
        case json::Kind::boolean:
            out.append(value.as_bool().value_or(false) ? "true" : "false");
            return std::nullopt;
        case json::Kind::number:
            return append_number(value, path, out);
        case json::Kind::string:
            if (value.text() != "null" && value.text() != "undefined") {
                out.append(value.text());
            }
            return std::nullopt;
        case json::Kind::array:
            return append_array_of_objects(value, path, out);
        case json::Kind::object:
            return reject(Reason::unsupported_value, path, "a nested object, whose contents the signature cannot bind");
    }
    return std::nullopt;
}

}  // namespace

Checked<std::string> canonical_text(json::Value data, std::string_view path) {
    constexpr std::size_t usual_bytes = 640;  // a genuine webhook's text is about 500
    const auto ordered = members(data, Order::sorted, path);
    if (!ordered.has_value()) {
        return ordered.error();
    }
    std::string out;
    out.reserve(usual_bytes);
    for (const auto& [rank, member] : *ordered) {
        if (!out.empty()) {
            out += '&';
        }
        out.append(member.key()).append("=");
        if (auto refused = append_value(member, path, out)) {
            return *refused;
        }
    }
    return out;
}

}  // namespace ticketbottle::payos
