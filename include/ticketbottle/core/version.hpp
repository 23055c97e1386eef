#pragma once
/// \file
/// The library's version. Source compatibility holds within a minor version; only the C ABI is promised stable.

namespace ticketbottle {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr const char* version_text = "0.1.0";

}  // namespace ticketbottle
