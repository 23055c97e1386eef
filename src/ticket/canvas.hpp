#pragma once
/// \file
/// A page being drawn: shapes, text, a QR code; and the fonts that the text came to need. Internal: not installed.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ticket/fit.hpp"
#include "ticket/pdf.hpp"
#include "ticket/qr.hpp"
#include "ticket/text.hpp"

namespace ticketbottle::ticket {

/// 0..1 each.
struct Colour {
    double red = 0;
    double green = 0;
    double blue = 0;
};

enum class Align : std::uint8_t { left, centre, right };

/// Coordinates are points from the page's bottom left corner, before `scale`. The FontSet must outlive the canvas.
class Canvas {
public:
    Canvas(const FontSet& fonts, double scale);

    void fill(double x, double y, double width, double height, const Colour& colour);
    void dashed_line(double x1, double y1, double x2, double y2, const Colour& colour);
    /// One line, its baseline at y. x is the left end, the middle or the right end, as `align` says.
    void text(const Glyphs& line, double x, double y, double size, const Colour& colour, Align align = Align::left);
    /// On white, with its quiet zone, in a square of `side` whose bottom left corner is (x, y).
    void qr(const QrDrawing& code, double x, double y, double side);

    /// The content stream so far.
    [[nodiscard]] const std::string& content() const noexcept { return content_; }
    /// Subsets of every font used, in the order of first use. Errors: malformed, unsupported: a font file is broken.
    [[nodiscard]] Result<std::vector<PdfFont>> fonts() const;

private:
    /// A font of the set as the page uses it: characters get codes 1, 2, ... in the order they come. Codes belong to
    /// characters and not to glyphs, so that two characters of one look are copied out as what they are.
    struct Used {
        std::size_t font = 0;
        std::unordered_map<char32_t, std::uint16_t> codes;
        std::vector<Glyph> glyphs;
    };
    std::size_t use(std::size_t font);
    static std::uint16_t code(Used& used, const Glyph& glyph);
    [[nodiscard]] Result<PdfFont> pdf_font(const Used& used) const;

    const FontSet& fonts_;
    std::vector<Used> used_;
    std::string content_;
};

}  // namespace ticketbottle::ticket
