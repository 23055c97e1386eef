#include <ticketbottle/email/calendar.hpp>

#include <algorithm>
#include <string_view>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "email/check.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::size_t line_octets = 75;  // RFC 5545 3.1, without the line break
constexpr std::size_t uid_bytes_max = 255;
constexpr std::size_t value_bytes_max = 16 * 1024;  // ours
constexpr std::chrono::minutes length_max = std::chrono::days{31};

/// Cut between characters; each further line begins with one space, which counts.
void append_line(std::string_view line, std::string& out) {
    std::size_t room = line_octets;
    while (line.size() > room) {
        const std::string_view piece = utf8::prefix(line, room);
        out += piece;
        out += "\r\n ";
        line.remove_prefix(piece.size());
        room = line_octets - 1;
    }
    out += line;
    out += "\r\n";
}

/// RFC 5545 3.3.11. Control characters have no escape there, and most readers refuse them.
std::string escape_text(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
            continue;
        }
        if (c == '\n' || c == '\r') {
            out += "\\n";
        } else if (c == '\\' || c == ';' || c == ',') {
            out += '\\';
            out += c;
        } else if (byte >= 0x20 && byte != 0x7f) {
            out += c;
        }
    }
    return out;
}

std::string utc(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return formatted("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

Error malformed(std::string detail) { return fail(Errc::malformed, "email.calendar", std::move(detail)); }

bool four_digit_year(TimePoint time) {
    return time >= std::chrono::sys_days{std::chrono::year{0} / 1 / 1} &&
           time < std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
}

Result<void> check_event(const CalendarEvent& event) {
    const bool printable = std::all_of(event.uid.begin(), event.uid.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (event.uid.empty() || event.uid.size() > uid_bytes_max || !printable) {
        return malformed(formatted("uid: not 1 to {} bytes of printable ASCII", uid_bytes_max));
    }
    if (event.length.count() < 0 || event.length > length_max) {
        return malformed("length: not between 0 and 31 days");
    }
    if (!four_digit_year(event.starts_at) || !four_digit_year(event.stamped_at)) {
        return malformed("starts_at, stamped_at: outside the years 0 to 9999");
    }
    if (auto summary = check_text("summary", event.summary, value_bytes_max); !summary.has_value()) {
        return summary;
    }
    if (auto location = check_text("location", event.location, value_bytes_max); !location.has_value()) {
        return location;
    }
    return check_text("description", event.description, value_bytes_max);
}

}  // namespace

Result<std::string> build_calendar(const CalendarEvent& event) {
    if (auto checked = check_event(event); !checked.has_value()) {
        return checked.error();
    }
    std::string out;
    append_line("BEGIN:VCALENDAR", out);
    append_line("VERSION:2.0", out);
    append_line("PRODID:-//TicketBottle//TicketBottle//EN", out);
    append_line("METHOD:PUBLISH", out);
    append_line("BEGIN:VEVENT", out);
    append_line("UID:" + escape_text(event.uid), out);
    append_line("DTSTAMP:" + utc(event.stamped_at), out);
    append_line("DTSTART:" + utc(event.starts_at), out);
    if (event.length.count() > 0) {
        append_line(formatted("DURATION:PT{}M", event.length.count()), out);
    }
    append_line("SUMMARY:" + escape_text(event.summary), out);
    if (!event.location.empty()) {
        append_line("LOCATION:" + escape_text(event.location), out);
    }
    if (!event.description.empty()) {
        append_line("DESCRIPTION:" + escape_text(event.description), out);
    }
    append_line("END:VEVENT", out);
    append_line("END:VCALENDAR", out);
    return out;
}

}  // namespace ticketbottle::email
