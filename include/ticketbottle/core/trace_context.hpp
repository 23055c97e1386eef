#pragma once
/// \file
/// Which trace a request belongs to. Source: W3C Trace Context, https://www.w3.org/TR/trace-context/ (sections 3.2, 3.2.4).

#include <string>
#include <string_view>

namespace ticketbottle {

/// "00-" 32 hex digits "-" 16 hex digits "-" 2 hex digits.
inline constexpr std::size_t traceparent_bytes = 55;

/// The field `traceparent` of a request, as it is passed on: itself if it is one of version 00; of a later version what version 00 knows
/// of it. "" for anything else, which is what no field says, too. Nobody signs the field: use it for tracing and for nothing more.
/// Threads: any; pure.
[[nodiscard]] std::string passed_on_traceparent(std::string_view field);

}  // namespace ticketbottle
