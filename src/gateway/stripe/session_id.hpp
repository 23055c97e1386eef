#pragma once
/// \file
/// Ids of Stripe's objects, as they stand in a URL's path. Internal. Threads: any.

#include <algorithm>
#include <string_view>

#include "gateway/signed_time.hpp"

namespace ticketbottle::stripe {

/// Not too long, and nothing in it that would need escaping in a path.
[[nodiscard]] inline bool is_path_word(std::string_view id) noexcept {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !id.empty() && id.size() <= gateway::identifier_bytes_max && std::all_of(id.begin(), id.end(), is_word);
}

[[nodiscard]] inline bool is_session_id(std::string_view id) noexcept {
    return id.starts_with("cs_") && is_path_word(id);
}

}  // namespace ticketbottle::stripe
