#define FMT_HEADER_ONLY  // fmt's code goes in here, so that whoever links the library needs no libfmt
#include "core/format.hpp"

#include <fmt/format.h>

#include <iterator>

namespace ticketbottle {

void vappend_formatted(std::string& text, fmt::string_view pattern, fmt::format_args values) {
    fmt::vformat_to(std::back_inserter(text), pattern, values);
}

}  // namespace ticketbottle
