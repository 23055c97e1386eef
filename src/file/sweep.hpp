#pragma once
/// \file
/// Temporary files whose writer died. Internal: not installed.

#include <chrono>

namespace ticketbottle::file {

/// Removes regular files in `folder` that were last written longer ago than `age`. What cannot be removed stays: it takes
/// room and harms nothing.
void sweep_abandoned(int folder, std::chrono::seconds age);

}  // namespace ticketbottle::file
