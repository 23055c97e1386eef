// What is passed on of a traceparent is one of version 00, and is passed on as it is.
#include <cstdint>
#include <cstdlib>
#include <ticketbottle/core/trace_context.hpp>

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view field(reinterpret_cast<const char*>(data), size);
    const std::string passed = ticketbottle::passed_on_traceparent(field);
    if (passed.empty()) return 0;
    must(passed.size() == ticketbottle::traceparent_bytes && passed.starts_with("00-"));
    must(passed.substr(3, 50) == field.substr(3, 50));
    must(ticketbottle::passed_on_traceparent(passed) == passed);
    return 0;
}
