#pragma once
/// \file
/// Where everything stands on a ticket. Internal: not installed.

#include <string>

#include "ticket/canvas.hpp"
#include "ticket/labels.hpp"

namespace ticketbottle::ticket {

// A5 landscape, points (ISO 216: 210 mm x 148 mm).
inline constexpr double page_width = 595.276;
inline constexpr double page_height = 419.528;

/// Checked text (clean_text), ready to be set. Empty: the line is left out.
struct TicketText {
    std::u32string brand;
    std::u32string notice;
    std::u32string event_name;
    std::u32string when;
    std::u32string venue;
    std::u32string ticket_type;
    std::u32string seat;
    std::u32string attendee;
    std::u32string ticket_id;
    std::u32string order_code;
    std::u32string issued;
};

/// Draws the page. Errors: unsupported: a character no font has, or text that does not fit; names the field.
[[nodiscard]] Result<void> draw_ticket(Canvas& canvas, const FontSet& fonts, const Labels& labels,
                                       const TicketText& text, const QrDrawing& code);

}  // namespace ticketbottle::ticket
