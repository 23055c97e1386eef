#pragma once
/// \file
/// Messages whose payload says {"version": N, ...}, as a history that can be judged.

#include "support/history_checker.hpp"

#include <ticketbottle/ports/message_transport.hpp>

#include <cstdlib>
#include <string_view>
#include <vector>

namespace ticketbottle::test {

/// 0: it says none.
inline std::uint64_t version_of(const Message& message) {
    constexpr std::string_view mark = "\"version\": ";
    const auto at = message.value.find(mark);
    return at == std::string::npos ? 0 : std::strtoull(message.value.c_str() + at + mark.size(), nullptr, 10);
}

inline std::vector<Seen> history_of(const std::vector<Message>& messages) {
    std::vector<Seen> history;
    for (const Message& message : messages) history.push_back({message.key, version_of(message)});
    return history;
}

}  // namespace ticketbottle::test
