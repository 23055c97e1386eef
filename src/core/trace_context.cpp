#include <ticketbottle/core/trace_context.hpp>

namespace ticketbottle {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";  // upper case is none, by the specification

bool is_hex(std::string_view text) noexcept { return text.find_first_not_of(hex_digits) == std::string_view::npos; }

bool is_id(std::string_view text) noexcept { return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos; }

}  // namespace

std::string passed_on_traceparent(std::string_view field) {
    if (field.size() < traceparent_bytes || field[2] != '-' || field[35] != '-' || field[52] != '-') return {};
    const std::string_view version = field.substr(0, 2);
    const std::string_view flags = field.substr(53, 2);
    if (!is_hex(version) || version == "ff" || !is_id(field.substr(3, 32)) || !is_id(field.substr(36, 16)) || !is_hex(flags)) return {};
    if (version == "00") return field.size() == traceparent_bytes ? std::string(field) : std::string();
    if (field.size() > traceparent_bytes && field[traceparent_bytes] != '-') return {};
    const bool sampled = hex_digits.find(flags[1]) % 2 == 1;
    std::string known(field.substr(0, traceparent_bytes));
    known.replace(0, 2, "00");
    known.replace(53, 2, sampled ? "01" : "00");
    return known;
}

}  // namespace ticketbottle
