#pragma once
/// \file
/// Whole objects by key: a directory, S3.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

/// Longest object, bytes. Ours: a ticket is under 100 KiB.
inline constexpr std::size_t object_bytes_max = 64 * 1024 * 1024;
/// Most objects a page of `list` holds. S3's limit.
inline constexpr std::uint32_t object_list_max = 1000;

struct ObjectAttributes {
    std::string content_type = "application/octet-stream";  ///< Printable ASCII, 1..255 bytes.
    std::map<std::string, std::string> metadata;  ///< Names [A-Za-z0-9-_], values UTF-8 without control characters, 2 KiB in all.
};

struct Object {
    std::string bytes;
    ObjectAttributes attributes;
    std::string etag;
};

struct ObjectSummary {
    std::string key;
    std::uint64_t size = 0;
    std::string etag;
};

struct ObjectList {
    std::vector<ObjectSummary> objects;  ///< By key, ascending bytes.
    std::string continuation;            ///< Pass it on to get the next page; empty: this was the last.
};

/// Is this a key every backend takes? 1..1024 bytes of UTF-8, segments separated by '/', each 1..255 bytes, none "." or "..",
/// none beginning with ".tkb" (kept for a backend's own files); no control characters, no backslash.
/// Errors: invalid_argument, saying which rule.
[[nodiscard]] Result<void> check_object_key(std::string_view key);
/// The rules of ObjectAttributes. Errors: invalid_argument.
[[nodiscard]] Result<void> check_object_attributes(const ObjectAttributes& attributes);

/// Backends: memory, file (directory). Contract: tests/conformance/object_store.hpp.
/// Threads: one call at a time per object; objects (and processes) on one store are independent.
/// Errors of every call: invalid_argument (key, limits), unavailable, cancelled, outcome_unknown; unsupported: a backend that
/// keeps objects as files cannot hold an object whose key continues another object's key ("a" and "a/b").
class ObjectStore {
public:
    virtual ~ObjectStore() = default;
    ObjectStore(const ObjectStore&) = delete;
    ObjectStore& operator=(const ObjectStore&) = delete;

    /// Stores or replaces, durably and at once: a reader sees the old object or the new one, never a mixture. Returns the etag,
    /// which depends on the bytes only.
    [[nodiscard]] virtual Result<std::string> put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes,
                                                  Deadline deadline) = 0;
    /// No such object: nullopt.
    [[nodiscard]] virtual Result<std::optional<Object>> get(std::string_view key, Deadline deadline) = 0;
    /// Removing what is not there succeeds.
    [[nodiscard]] virtual Result<void> remove(std::string_view key, Deadline deadline) = 0;
    /// Objects whose key begins with `prefix` (any bytes, may be empty), at most `max` (1..1000). `continuation` is "" or what the
    /// page before returned; objects put or removed between pages may or may not show, others show exactly once.
    [[nodiscard]] virtual Result<ObjectList> list(std::string_view prefix, std::string_view continuation, std::uint32_t max,
                                                  Deadline deadline) = 0;

protected:
    ObjectStore() = default;
};

}  // namespace ticketbottle
