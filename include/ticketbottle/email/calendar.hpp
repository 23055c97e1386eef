#pragma once
/// \file
/// A calendar file with one event, to attach to a ticket's mail. Pure. Source: RFC 5545 (iCalendar), 5546 (PUBLISH).

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <string>

namespace ticketbottle::email {

struct CalendarEvent {
    std::string uid;          ///< Printable ASCII, 1..255 bytes; the same for every version of the event.
    std::string summary;      ///< UTF-8. Line breaks are kept (as \n), other control characters dropped.
    std::string location;     ///< UTF-8, may be empty: the property is left out.
    std::string description;  ///< UTF-8, may be empty.
    TimePoint starts_at;      ///< Written in UTC; seconds are kept, milliseconds cut.
    std::chrono::minutes length{0};  ///< 0: unknown, no DURATION. At most 31 days.
    TimePoint stamped_at;     ///< DTSTAMP: when this version was made; from the source event, so that bytes repeat.
};

/// A VCALENDAR with METHOD:PUBLISH: CRLF, lines of at most 75 octets, never cut inside a character.
/// \par Errors  malformed, naming the member: not UTF-8, a uid or length outside the shapes above.
[[nodiscard]] Result<std::string> build_calendar(const CalendarEvent& event);

}  // namespace ticketbottle::email
