#pragma once
/// \file
/// One message as SNS carries it. Internal: not installed.

#include <cstddef>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/ports/message_transport.hpp>
#include <vector>

namespace ticketbottle::sns {

struct Entry {
    std::string group_id;          ///< Empty for a standard topic.
    std::string deduplication_id;  ///< The same.
    std::vector<const MessageHeader*> attributes;
    std::size_t bytes = 0;  ///< As SNS counts: the message, and each attribute's name, type and value.
};

/// \param message  Borrowed: the entry points into it. \param fifo  Of its topic.
/// Errors: malformed, in words without payload.
[[nodiscard]] Result<Entry> make_entry(const Message& message, bool fifo);

/// Its parameters as "PublishBatchRequestEntries.member.<number>", with `index` for an id.
void append_entry(const Entry& entry, const Message& message, std::size_t index, std::string& form);

/// '&', then name=value with every byte of the value escaped that needs it.
void append_parameter(std::string_view name, std::string_view value, std::string& form);

}  // namespace ticketbottle::sns
