#pragma once
/// \file
/// What marks a database file as ours. Internal: not installed.

#include <cstdint>

namespace ticketbottle::sqlite {

/// PRAGMA application_id: "TkBt". `file` and backup tools can tell the file by it.
inline constexpr std::int32_t application_id = 0x546b4274;
/// PRAGMA user_version of the newest schema this version knows.
inline constexpr int schema_version = 2;

}  // namespace ticketbottle::sqlite
