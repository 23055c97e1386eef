#pragma once
/// \file
/// Requests sent over keep-alive connections from one thread, as fast as they are answered.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::benchmarks {

struct LoadResult {
    double seconds = 0;                  ///< From the first request sent to the last answer.
    std::vector<double> milliseconds;    ///< Of each request.
    std::size_t unwelcome = 0;           ///< Answers without the words that were wanted.
};

/// \param requests  Whole HTTP requests. Each connection takes the next one when its last is answered.
/// \param wanted    Stands in the answer to each, if all is well.
/// Throws std::runtime_error when a connection breaks.
[[nodiscard]] LoadResult send_all(std::uint16_t port, std::size_t connections, const std::vector<std::string>& requests, std::string_view wanted);

}  // namespace ticketbottle::benchmarks
