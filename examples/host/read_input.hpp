#pragma once
/// \file
/// Reads a file, or standard input for "-", up to a limit.

#include <string>
#include <ticketbottle/core/result.hpp>

namespace program {

/// Errors: unavailable (cannot be read), malformed (longer than `bytes_max`).
[[nodiscard]] ticketbottle::Result<std::string> read_input(const std::string& path, std::size_t bytes_max);

}  // namespace program
