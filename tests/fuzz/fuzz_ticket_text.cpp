// Names and venues, as buyers typed them. What is accepted stays as it is when it is cleaned again, and fits its limit.
#include "core/utf8.hpp"
#include "ticket/text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace ticketbottle;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr ticket::Field field{"field", 40};
    const Result<std::u32string> text =
        ticket::clean_text(field, std::string_view(reinterpret_cast<const char*>(data), size));
    if (!text.has_value()) {
        // The error names one character at most, never the text.
        if (text.error().detail_text().size() > 100) std::abort();
        return 0;
    }
    if (text->size() > field.chars_max) std::abort();
    std::string utf8;
    for (const char32_t c : *text) {
        if (ticket::is_control(c)) std::abort();
        utf8::append(c, utf8);
    }
    const Result<std::u32string> again = ticket::clean_text(field, utf8);
    if (!again.has_value() || *again != *text) std::abort();
    return 0;
}
