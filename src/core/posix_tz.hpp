#pragma once
/// \file
/// The TZ string of POSIX with the extensions of RFC 8536 section 3.3.1, as a TZif file's footer has it:
/// "CET-1CEST,M3.5.0,M10.5.0/3". Internal: not installed.

#include <chrono>
#include <optional>
#include <string_view>

namespace ticketbottle {

/// A day of the year, in one of POSIX's three ways, and a time on it.
struct YearlyChange {
    enum class Form : unsigned char {
        julian,   ///< `day` 1..365; February 29 is never counted.
        ordinal,  ///< `day` 0..365; February 29 is counted.
        weekday,  ///< Weekday `day` (0 = Sunday) of the `week`th week, 5 = the last, of `month`.
    };
    Form form = Form::ordinal;
    int month = 0;
    int week = 0;
    int day = 0;
    std::chrono::seconds time = std::chrono::hours(2);  ///< After local midnight, -167 h .. 167 h.

    /// Local time since 1970-01-01T00:00 local.
    [[nodiscard]] std::chrono::seconds in(std::chrono::year year) const;
};

struct DaylightTime {
    std::chrono::seconds offset{0};  ///< East of UTC.
    YearlyChange begin;
    YearlyChange end;
};

/// Offsets are east of UTC, the other way round than POSIX writes them.
struct PosixTz {
    std::chrono::seconds standard{0};
    std::optional<DaylightTime> daylight;

    /// nullopt unless `text` is all of one TZ string, its rules given.
    [[nodiscard]] static std::optional<PosixTz> parse(std::string_view text);
    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::seconds utc) const;
};

}  // namespace ticketbottle
