#include "gateway/form.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::gateway {

namespace {

constexpr std::array<bool, 256> kept = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

[[nodiscard]] bool stays(char c) noexcept { return kept[static_cast<unsigned char>(c)]; }

/// -1 if it is no hex digit.
[[nodiscard]] int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void append_form_encoded(std::string_view text, std::string& out) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    while (!text.empty()) {
        const auto run = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), stays) - text.begin());
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) {
            return;
        }
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte == ' ') {
            out += '+';
        } else {
            const std::array<char, 3> escape{'%', digits[byte >> 4U], digits[byte & 15U]};
            out.append(escape.data(), escape.size());
        }
        text.remove_prefix(1);
    }
}

char* form_decode(std::string_view text, char* out) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            *out++ = ' ';
        } else if (text[i] != '%') {
            *out++ = text[i];
        } else {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return nullptr;
            }
            *out++ = static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

}  // namespace ticketbottle::gateway
