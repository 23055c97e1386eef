#include "sns/entry.hpp"

#include <algorithm>
#include <array>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/sns/sns.hpp>
#include <utility>

#include "aws/percent.hpp"
#include "core/crypto.hpp"
#include "core/format.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::sns {

namespace {

constexpr std::size_t id_chars_max = 128;    // MessageGroupId, MessageDeduplicationId
constexpr std::size_t name_chars_max = 256;  // of an attribute
constexpr std::string_view text_type = "String";

[[nodiscard]] Error refuse(std::string why) { return fail(Errc::malformed, "sns.entry", std::move(why)); }

[[nodiscard]] bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Characters of XML 1.0, which is what SNS takes; never empty.
[[nodiscard]] bool is_text(std::string_view text) noexcept {
    if (text.empty()) return false;
    while (!text.empty()) {
        const auto c = utf8::take(text);
        if (!c || (*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r') || *c == 0xFFFE || *c == 0xFFFF) return false;
    }
    return true;
}

/// "Alphanumeric characters and punctuation": the visible ones of ASCII.
[[nodiscard]] bool is_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= id_chars_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

[[nodiscard]] std::string id_of(std::string_view text) {
    return is_id(text) ? std::string(text) : "sha256-" + crypto::lower_hex(crypto::sha256({text}));
}

[[nodiscard]] bool is_attribute_name(std::string_view name) noexcept {
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; });
    return plain && !name.empty() && name.size() <= name_chars_max && !name.starts_with('.') && !name.ends_with('.') &&
           name.find("..") == std::string_view::npos && !name.starts_with("AWS.") && !name.starts_with("Amazon.");
}

[[nodiscard]] std::string_view value_of(const Message& message, std::string_view name) noexcept {
    const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                    [&](const MessageHeader& header) { return header.name == name; });
    return found == message.headers.end() ? std::string_view() : std::string_view(found->value);
}

/// Says it only what another header says? Twelve headers must be ten attributes (docs/sns.md).
[[nodiscard]] bool is_repeat(const MessageHeader& header, const Message& message) noexcept {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> twins{
        {{"eventId", "messageId"}, {"ce_source", "source"}, {"ce_type", "eventType"}}};
    return std::any_of(twins.begin(), twins.end(), [&](const auto& twin) {
        return header.name == twin.first && header.value == value_of(message, twin.second);
    });
}

[[nodiscard]] Result<void> read_headers(const Message& message, Entry& entry) {
    for (const MessageHeader& header : message.headers) {
        if (header.value.empty() || is_repeat(header, message)) continue;
        const bool twice = std::any_of(entry.attributes.begin(), entry.attributes.end(),
                                       [&](const MessageHeader* other) { return other->name == header.name; });
        if (!is_attribute_name(header.name) || twice)
            return refuse("a header's name is none that an SNS attribute can have, or there twice");
        if (!is_text(header.value))
            return refuse("a header's value is not UTF-8 text without control characters, which is all SNS carries");
        if (entry.attributes.size() == attributes_max)
            return refuse("it has more than 10 attributes, which SNS does not deliver to SQS");
        entry.attributes.push_back(&header);
        entry.bytes += header.name.size() + header.value.size() + text_type.size();
    }
    return {};
}

}  // namespace

Result<Entry> make_entry(const Message& message, bool fifo) {
    if (!is_text(message.value))
        return refuse("the value is empty, or not UTF-8 text without control characters, which is all SNS carries");
    Entry entry;
    entry.bytes = message.value.size();
    if (auto read = read_headers(message, entry); !read.has_value()) return read.error();
    if (entry.bytes > batch_bytes_max)
        return refuse(
            formatted("value and attributes have {} bytes, over SNS's limit of {}", entry.bytes, batch_bytes_max));
    if (fifo) {
        entry.group_id = id_of(message.key);
        const std::string_view id = value_of(message, "messageId");
        entry.deduplication_id = id.empty() ? random_uuid() : id_of(id);
    }
    return entry;
}

void append_parameter(std::string_view name, std::string_view value, std::string& form) {
    form.append("&").append(name).append("=");
    aws::append_percent_encoded(value, "-._~", form);
}

void append_entry(const Entry& entry, const Message& message, std::size_t index, std::string& form) {
    const std::string member = formatted("PublishBatchRequestEntries.member.{}.", index + 1);
    append_parameter(member + "Id", std::to_string(index), form);
    append_parameter(member + "Message", message.value, form);
    if (!entry.group_id.empty()) {
        append_parameter(member + "MessageGroupId", entry.group_id, form);
        append_parameter(member + "MessageDeduplicationId", entry.deduplication_id, form);
    }
    for (std::size_t i = 0; i < entry.attributes.size(); ++i) {
        const std::string attribute = formatted("{}MessageAttributes.entry.{}.", member, i + 1);
        append_parameter(attribute + "Name", entry.attributes[i]->name, form);
        append_parameter(attribute + "Value.DataType", text_type, form);
        append_parameter(attribute + "Value.StringValue", entry.attributes[i]->value, form);
    }
}

}  // namespace ticketbottle::sns
