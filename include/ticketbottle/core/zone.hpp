#pragma once
/// \file
/// Time zones for what people read (tickets, mail). Loading reads a file; everything after is pure.
/// Format of the file: RFC 8536 (TZif), versions 1 to 4.

#include <memory>
#include <string>
#include <string_view>
#include <ticketbottle/core/time.hpp>

namespace ticketbottle {

/// A wall-clock time in some zone.
struct LocalTime {
    int year = 1970;
    int month = 1;                   ///< 1..12
    int day = 1;                     ///< 1..31
    int hour = 0;                    ///< 0..23
    int minute = 0;                  ///< 0..59
    int second = 0;                  ///< 0..59
    int weekday = 4;                 ///< 0 = Sunday .. 6
    std::chrono::seconds offset{0};  ///< East of UTC.
};

/// Immutable, cheap to copy, safe from every thread.
class Zone {
public:
    /// UTC.
    Zone();
    /// An IANA name such as "Asia/Ho_Chi_Minh" or "Europe/Vienna", read from the system's database
    /// (`directory`). "UTC" and "Asia/Ho_Chi_Minh" (+07:00 since 1975) need no database.
    /// Errors: invalid_argument (no such zone, or a name that is not letters, digits, '+', '-', '_', '/'),
    /// malformed (file is not TZif or over 256 KiB).
    [[nodiscard]] static Result<Zone> load(std::string_view name, const std::string& directory = "/usr/share/zoneinfo");
    /// Parses TZif bytes. Errors: malformed.
    [[nodiscard]] static Result<Zone> parse(std::string_view name, std::string_view tzif);

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] LocalTime to_local(TimePoint time) const;

private:
    struct Data;
    explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

}  // namespace ticketbottle
