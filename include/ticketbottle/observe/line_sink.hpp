#pragma once
/// \file
/// Where renderers that write lines put them.

#include <cstdio>
#include <functional>
#include <string_view>

namespace ticketbottle::observe {

/// Takes one whole line, its '\n' included. Called under the renderer's lock, so never twice at once by one renderer.
/// The view is valid during the call only. What it throws is swallowed and counted: a full disk or a closed pipe must not fail
/// the payment that is being reported.
using LineSink = std::function<void(std::string_view line)>;

/// Writes and flushes each line. A short write throws std::runtime_error, which the renderer counts.
/// \param file  Borrowed: stdout, stderr, or your own.
[[nodiscard]] LineSink to_file(std::FILE* file);

}  // namespace ticketbottle::observe
