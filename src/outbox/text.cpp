#include "outbox/text.hpp"

#include "core/utf8.hpp"

namespace ticketbottle::outbox {

std::string clean_text(std::string_view text, std::size_t bytes_max) {
    text = text.substr(0, bytes_max + 4);  // the rest cannot matter; one character more decides where to cut
    std::string clean;
    while (!text.empty()) {
        const auto code_point = utf8::take(text);
        if (!code_point.has_value()) text.remove_prefix(1);
        const bool printable = code_point.has_value() && *code_point >= 0x20 && *code_point != 0x7f;
        utf8::append(printable ? *code_point : U'?', clean);
    }
    clean.resize(utf8::prefix(clean, bytes_max).size());
    return clean;
}

}  // namespace ticketbottle::outbox
