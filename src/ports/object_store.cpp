#include <ticketbottle/ports/object_store.hpp>

#include "core/utf8.hpp"

namespace ticketbottle {
namespace {

constexpr std::size_t key_bytes_max = 1024;         // S3's limit
constexpr std::size_t segment_bytes_max = 255;      // NAME_MAX of every Linux file system
constexpr std::size_t content_type_bytes_max = 255;
constexpr std::size_t metadata_bytes_max = 2048;    // S3's limit for user metadata

Error bad_key(std::string rule) { return fail(Errc::invalid_argument, "object_store.key", std::move(rule)); }
Error bad_attribute(std::string rule) { return fail(Errc::invalid_argument, "object_store.attributes", std::move(rule)); }

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

/// Valid UTF-8 and no control character, C1 included.
bool is_clean_text(std::string_view text) {
    while (!text.empty()) {
        const std::optional<char32_t> c = utf8::take(text);
        if (!c || is_control(*c)) return false;
    }
    return true;
}

Result<void> check_segment(std::string_view segment) {
    if (segment.empty()) return bad_key("an object key has an empty segment (it begins or ends with '/', or has '//')");
    if (segment.size() > segment_bytes_max) return bad_key("a segment of an object key is over 255 bytes");
    if (segment == "." || segment == "..") return bad_key("a segment of an object key is \".\" or \"..\"");
    if (segment.starts_with(".tkb")) return bad_key("a segment of an object key begins with \".tkb\", which is kept for the store");
    return {};
}

bool is_metadata_name(std::string_view name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return !name.empty() && name.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

Result<void> check_object_key(std::string_view key) {
    if (key.empty()) return bad_key("an object key is empty");
    if (key.size() > key_bytes_max) return bad_key("an object key is over 1024 bytes");
    if (key.find('\\') != std::string_view::npos) return bad_key("an object key has a backslash");
    if (!is_clean_text(key)) return bad_key("an object key is not UTF-8 or has a control character");
    for (std::string_view rest = key;;) {
        const std::size_t slash = rest.find('/');
        if (Result<void> checked = check_segment(rest.substr(0, slash)); !checked.has_value()) return checked;
        if (slash == std::string_view::npos) return {};
        rest.remove_prefix(slash + 1);
    }
}

Result<void> check_object_attributes(const ObjectAttributes& attributes) {
    const std::string& type = attributes.content_type;
    if (type.empty() || type.size() > content_type_bytes_max) return bad_attribute("a content type has 1 to 255 bytes");
    for (const char c : type) {
        if (c < 0x20 || c > 0x7E) return bad_attribute("a content type is printable ASCII");
    }
    std::size_t bytes = 0;
    for (const auto& [name, value] : attributes.metadata) {
        if (!is_metadata_name(name)) return bad_attribute("a metadata name has letters, digits, '-' and '_' only");
        if (!is_clean_text(value)) return bad_attribute("a metadata value is not UTF-8 or has a control character");
        bytes += name.size() + value.size();
    }
    if (bytes > metadata_bytes_max) return bad_attribute("metadata is over 2048 bytes in all");
    return {};
}

}  // namespace ticketbottle
