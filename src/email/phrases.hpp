#pragma once
/// \file
/// Every word the mails say, by language. Internal: not installed.

#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/zone.hpp>

#include <string>
#include <string_view>

namespace ticketbottle::email {

/// {0} is the one thing a phrase is about, where it has one.
struct Phrases {
    std::string_view confirmation_subject;  ///< {0} order code. The English one is the deployed subject, fixed.
    std::string_view confirmation_heading;
    std::string_view confirmation_intro;
    std::string_view confirmation_note;
    std::string_view ticket_subject;        ///< {0} event name
    std::string_view ticket_intro;
    std::string_view ticket_attached;       ///< {0} file name
    std::string_view ticket_link;
    std::string_view ticket_entry;
    std::string_view qr_alt;
    std::string_view greeting;              ///< {0} name
    std::string_view greeting_nameless;
    std::string_view more_tickets;          ///< {0} how many
    std::string_view footer;                ///< {0} brand

    std::string_view order_code;
    std::string_view event;
    std::string_view starts;
    std::string_view venue;
    std::string_view ticket_type;
    std::string_view seat;
    std::string_view attendee;
    std::string_view ticket_id;
    std::string_view issued;
    std::string_view amount;
    std::string_view provider;
    std::string_view transaction;
    std::string_view paid;
    std::string_view tickets;
};

[[nodiscard]] const Phrases& phrases(Language language) noexcept;

/// "Saturday, 13 December 2025, 20:00 (GMT+7)"; "Thứ Bảy, 13/12/2025, 20:00 (GMT+7)".
[[nodiscard]] std::string format_time(TimePoint time, const Zone& zone, Language language);

/// "ZaloPay" for "zalopay", "zalo-pay" or "ZALOPAY"; a name we do not know stands as it is.
[[nodiscard]] std::string provider_name(std::string_view provider);

}  // namespace ticketbottle::email
