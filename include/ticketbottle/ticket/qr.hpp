#pragma once
/// \file
/// A QR code as a picture, for mails (the PDF draws its own, as vectors). Pure.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/ticket/ticket.hpp>

#include <string>
#include <string_view>

namespace ticketbottle {

/// `text` (what ticket_qr_url returned) as a PNG image: level H, a quiet zone of four modules, one bit per pixel, black on white.
/// The same text gives the same bytes.
/// \param module_pixels  Width of a module, 1..16. At 4 a ticket's code is 200 to 500 pixels wide, 6 to 33 kB.
/// \par Errors  invalid_argument: module_pixels. malformed: text empty or over qr_url_bytes_max.
/// \par Threads Any. \par Exceptions  std::bad_alloc only.
/// \par Source  ISO/IEC 18004 (by qrcodegen); PNG second edition (ISO/IEC 15948); RFC 1950 and 1951 (stored blocks).
[[nodiscard]] Result<std::string> qr_png(std::string_view text, int module_pixels = 4);

}  // namespace ticketbottle
