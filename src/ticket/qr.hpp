#pragma once
/// \file
/// QR codes as few rectangles. Internal: not installed. Source: ISO/IEC 18004:2015.

#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <vector>

namespace ticketbottle::ticket {

/// Light modules that must surround a code on every side (ISO/IEC 18004 section 6.3.8).
inline constexpr int quiet_zone = 4;

/// In modules, from the code's top left corner.
struct QrRectangle {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

struct QrDrawing {
    int side = 0;                   ///< Modules, without the quiet zone.
    std::vector<QrRectangle> dark;  ///< Do not overlap.
};

/// Error correction level H, smallest version that holds `text`.
///
/// The mask is fixed. Choosing the best of eight costs fifteen times the rest of the work; decoders read all eight
/// equally well (docs/adr/0006-own-font-subset.md has the numbers). Errors: malformed: the text is too long for a QR
/// code.
[[nodiscard]] Result<QrDrawing> draw_qr(std::string_view text);

}  // namespace ticketbottle::ticket
