#pragma once
/// \file
/// What the directory store keeps about an object besides its bytes: a small JSON file per key. Pure. Internal: not installed.

#include <ticketbottle/ports/object_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace ticketbottle::file {

/// Attributes belong to a content (its etag), not to a name: a record is written before the bytes are renamed into place, and
/// a reader that finds old bytes beside a new record still finds the old bytes' own version in it.
struct ObjectVersion {
    std::string etag;   ///< Lower-case hex SHA-256 of the bytes.
    std::string stamp;  ///< Of the file that has them: inode, size, modification time. Saves `list` the hashing.
    ObjectAttributes attributes;
};

struct ObjectRecord {
    std::string key;
    std::vector<ObjectVersion> versions;  ///< The newest first; at most two.
};

inline constexpr std::size_t object_record_bytes_max = 64 * 1024;
inline constexpr std::size_t object_versions_max = 2;

[[nodiscard]] std::string object_etag(std::string_view bytes);
[[nodiscard]] std::string file_stamp(const struct stat& info);
[[nodiscard]] std::string write_record(const ObjectRecord& record);
/// Not a record of `key`, or attributes over the port's limits: nullopt.
[[nodiscard]] std::optional<ObjectRecord> parse_record(std::string_view text, std::string_view key);

}  // namespace ticketbottle::file
