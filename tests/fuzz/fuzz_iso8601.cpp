// Whatever parse_iso8601 accepts is written in UTC so that it reads as the same time again.
#include <cstdint>
#include <cstdlib>
#include <ticketbottle/core/time.hpp>

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto time = ticketbottle::parse_iso8601({reinterpret_cast<const char*>(data), size});
    if (!time.has_value()) return 0;
    must(size >= 17 && size <= 35);
    const std::string text = ticketbottle::to_iso8601(*time);
    must(text.size() == 24);
    const auto again = ticketbottle::parse_iso8601(text);
    must(again.has_value());
    // An offset may carry the first or last hours of the range past it, where the year is clamped.
    const bool clamped = text.starts_with("0000-01-01T00:00:00.000") || text.starts_with("9999-12-31T23:59:59.999");
    must(clamped || *again == *time);
    return 0;
}
