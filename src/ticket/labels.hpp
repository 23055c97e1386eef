#pragma once
/// \file
/// The words on a ticket, and its dates. Internal: not installed.

#include <string>
#include <string_view>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/zone.hpp>

namespace ticketbottle::ticket {

struct Labels {
    std::string_view language;  ///< BCP 47
    std::string_view kind;
    std::string_view when;
    std::string_view venue;
    std::string_view ticket_type;
    std::string_view seat;
    std::string_view attendee;
    std::string_view scan;
    std::string_view ticket_id;
    std::string_view order_code;
    std::string_view issued;
};

[[nodiscard]] const Labels& labels(Language language) noexcept;

/// "Thứ Sáu, 21/11/2025, 15:00", "Friday, 21 November 2025, 15:00"
[[nodiscard]] std::string event_time(const LocalTime& time, Language language);
/// "21/11/2025, 15:00", "21 November 2025, 15:00"
[[nodiscard]] std::string plain_time(const LocalTime& time, Language language);

}  // namespace ticketbottle::ticket
