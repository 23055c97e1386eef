// Font files: operators bring them, from anywhere. What parses must give a subset that parses too, or an error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ticket/font.hpp"

using namespace ticketbottle;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Result<ticket::Font> font = ticket::Font::parse(std::string(reinterpret_cast<const char*>(data), size));
    if (!font.has_value()) return 0;
    std::vector<ticket::GlyphId> glyphs{0};
    for (const char32_t c : {U' ', U'A', U'z', U'\u00e9', U'\u1ebf', U'\uffff', U'\U0001f600', U'\U0010ffff'}) {
        const ticket::GlyphId glyph = font->glyph(c);
        if (glyph >= font->glyph_count()) std::abort();
        static_cast<void>(font->advance(glyph));
        glyphs.push_back(glyph);
    }
    for (std::size_t i = 1; i < font->glyph_count() && i < 64; ++i) glyphs.push_back(static_cast<ticket::GlyphId>(i));
    const Result<std::string> subset = font->subset(glyphs);
    if (!subset.has_value()) return 0;
    // A subset has no character map, which is the last thing parse asks for: everything before it must stand.
    const Result<ticket::Font> again = ticket::Font::parse(*subset);
    if (again.has_value() || again.error().detail_text() != "no Unicode character map of format 4 or 12") std::abort();
    return 0;
}
