#include "ticket/canvas.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

namespace ticketbottle::ticket {

namespace {

std::string fill_colour(const Colour& c) { return formatted("{:.3g} {:.3g} {:.3g} rg\n", c.red, c.green, c.blue); }

/// A UTF-16BE code unit sequence in hex, for a CMap.
std::string utf16_hex(char32_t c) {
    const auto value = static_cast<std::uint32_t>(c);
    if (value <= 0xffff) return formatted("{:04X}", value);
    return formatted("{:04X}{:04X}", 0xd800 + ((value - 0x10000) >> 10), 0xdc00 + ((value - 0x10000) & 0x3ff));
}

/// ISO 32000-1 section 9.10.3. A bfchar section holds at most 100 entries.
std::string to_unicode_map(const std::vector<Glyph>& glyphs) {
    std::string map =
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n";
    constexpr std::size_t section_max = 100;
    for (std::size_t start = 0; start < glyphs.size(); start += section_max) {
        const std::size_t count = std::min(section_max, glyphs.size() - start);
        append_formatted(map, "{} beginbfchar\n", count);
        for (std::size_t i = start; i < start + count; ++i) {
            append_formatted(map, "<{:04X}> <{}>\n", i + 1, utf16_hex(glyphs[i].code_point));
        }
        map += "endbfchar\n";
    }
    return map + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";
}

/// Six letters that tell subsets of one font apart (ISO 32000-1 section 9.6.4), from the characters in it (FNV-1a).
std::string subset_tag(const std::vector<Glyph>& glyphs) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const Glyph& glyph : glyphs) hash = (hash ^ static_cast<std::uint64_t>(glyph.code_point)) * 0x100000001b3;
    std::string tag;
    for (int i = 0; i < 6; ++i, hash /= 26) tag += static_cast<char>('A' + hash % 26);
    return tag;
}

}  // namespace

Canvas::Canvas(const FontSet& fonts, double scale) : fonts_(fonts) {
    if (scale != 1) content_ = formatted("{0:.6f} 0 0 {0:.6f} 0 0 cm\n", scale);
}

void Canvas::fill(double x, double y, double width, double height, const Colour& colour) {
    content_ += fill_colour(colour);
    append_formatted(content_, "{:.2f} {:.2f} {:.2f} {:.2f} re f\n", x, y, width, height);
}

void Canvas::dashed_line(double x1, double y1, double x2, double y2, const Colour& c) {
    append_formatted(content_,
                   "q {:.3g} {:.3g} {:.3g} RG 0.8 w [3 3] 0 d {:.2f} {:.2f} m {:.2f} {:.2f} l S Q\n", c.red, c.green,
                   c.blue, x1, y1, x2, y2);
}

void Canvas::text(const Glyphs& line, double x, double y, double size, const Colour& colour, Align align) {
    const double length = width(line) * size;
    if (align == Align::centre) x -= length / 2;
    if (align == Align::right) x -= length;
    content_ += fill_colour(colour);
    append_formatted(content_, "BT {:.2f} {:.2f} Td\n", x, y);
    for (std::size_t at = 0; at < line.size();) {
        const std::uint16_t font = line[at].font;
        const std::size_t index = use(font);
        append_formatted(content_, "/F{} {:.1f} Tf <", index, size);
        for (; at < line.size() && line[at].font == font; ++at) {
            append_formatted(content_, "{:04X}", code(used_[index], line[at]));
        }
        content_ += "> Tj\n";
    }
    content_ += "ET\n";
}

void Canvas::qr(const QrDrawing& drawing, double x, double y, double side) {
    fill(x, y, side, side, {1, 1, 1});
    const int modules = drawing.side + 2 * quiet_zone;
    const double module = side / modules;
    // One path filled once: neighbours leave no hairline. From here on a unit is a module and y points down.
    append_formatted(content_, "q 0 0 0 rg {0:.5f} 0 0 -{0:.5f} {1:.2f} {2:.2f} cm\n", module, x,
                   y + side);
    for (const QrRectangle& r : drawing.dark) {
        append_formatted(content_, "{} {} {} {} re\n", r.x + quiet_zone, r.y + quiet_zone, r.width,
                       r.height);
    }
    content_ += "f Q\n";
}

std::size_t Canvas::use(std::size_t font) {
    for (std::size_t i = 0; i < used_.size(); ++i) {
        if (used_[i].font == font) return i;
    }
    used_.push_back({font, {}, {}});
    return used_.size() - 1;
}

std::uint16_t Canvas::code(Used& used, const Glyph& glyph) {
    const auto next = static_cast<std::uint16_t>(used.glyphs.size() + 1);  // 0 is .notdef
    const auto [entry, fresh] = used.codes.emplace(glyph.code_point, next);
    if (fresh) used.glyphs.push_back(glyph);
    return entry->second;
}

Result<PdfFont> Canvas::pdf_font(const Used& used) const {
    const Font& font = fonts_.font(used.font);
    const FontMetrics& metrics = font.metrics();
    const auto thousandths = [&](int units) {
        return static_cast<int>(std::lround(units * 1000.0 / metrics.units_per_em));
    };
    std::vector<GlyphId> ids{0};
    for (const Glyph& glyph : used.glyphs) ids.push_back(glyph.id);
    Result<std::string> truetype = font.subset(ids);
    if (!truetype.has_value()) return truetype.error();

    PdfFont out;
    out.name = subset_tag(used.glyphs) + "+" + font.name();
    out.truetype = std::move(*truetype);
    out.to_unicode = to_unicode_map(used.glyphs);
    for (const GlyphId id : ids) out.widths.push_back(thousandths(font.advance(id)));
    for (std::size_t i = 0; i < out.box.size(); ++i) out.box[i] = thousandths(metrics.box[i]);
    out.ascent = thousandths(metrics.ascent);
    out.descent = thousandths(metrics.descent);
    out.cap_height = thousandths(metrics.cap_height);
    out.italic_angle = metrics.italic_angle;
    out.stem_width = 10 + 220 * (metrics.weight - 50) / 900;  // the usual estimate; viewers use it for substitutes only
    return out;
}

Result<std::vector<PdfFont>> Canvas::fonts() const {
    std::vector<PdfFont> out;
    for (const Used& used : used_) {
        Result<PdfFont> font = pdf_font(used);
        if (!font.has_value()) return font.error();
        out.push_back(std::move(*font));
    }
    return out;
}

}  // namespace ticketbottle::ticket
