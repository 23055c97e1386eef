#include "observe/text.hpp"

#include "core/format.hpp"
#include "core/utf8.hpp"

#include <cmath>

namespace ticketbottle::observe {

std::string to_utf8(std::string_view text, std::size_t bytes_max) {
    text = text.substr(0, bytes_max + 4);  // one character more decides where to cut
    if (!utf8::valid(text)) {
        std::string mended;
        while (!text.empty()) {
            const auto code_point = utf8::take(text);
            if (!code_point.has_value()) text.remove_prefix(1);
            utf8::append(code_point.value_or(0xfffd), mended);
        }
        return std::string(utf8::prefix(mended, bytes_max));
    }
    return std::string(utf8::prefix(text, bytes_max));
}

std::string to_json_number(double value) {
    if (!std::isfinite(value)) return "null";
    return formatted("{}", value);  // shortest text that reads back the same; "1e+30" is JSON too
}

}  // namespace ticketbottle::observe
