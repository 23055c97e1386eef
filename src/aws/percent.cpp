#include "aws/percent.hpp"

#include <array>

namespace ticketbottle::aws {

void append_percent_encoded(std::string_view text, std::string_view kept, std::string& out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (alphanumeric || kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        const std::array<char, 3> escape{'%', digits[byte >> 4U], digits[byte & 15U]};
        out.append(escape.data(), escape.size());
    }
}

}  // namespace ticketbottle::aws
