#include "ticket/font.hpp"

#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/ticket/ticket.hpp>
#include <vector>

#include "unit/ticket/tiny_font.hpp"

using namespace ticketbottle;
using ticket::Font;
using ticket::GlyphId;

namespace {

std::string dejavu() { return load_default_fonts().value().regular; }

}  // namespace

TEST_CASE("Font: a real font's characters, widths and name are read") {
    const Result<Font> font = Font::parse(dejavu());
    REQUIRE(font.has_value());
    CHECK(font->name() == "DejaVuSans");
    CHECK(font->metrics().units_per_em == 2048);
    CHECK(font->metrics().weight == 400);
    CHECK(font->glyph(U'A') != 0);
    CHECK(font->glyph(U'ế') != 0);
    CHECK(font->glyph(U'A') != font->glyph(U'ế'));
    CHECK(font->glyph(0x6f22) == 0);
    CHECK(font->glyph(0x1f600) != 0);  // past U+FFFF: the format 12 map is in use
    CHECK(font->glyph(0x10ffff) == 0);
    CHECK(font->advance(font->glyph(U'W')) == 2025);  // fc-query and FontForge agree
    CHECK(font->advance(font->glyph(U'i')) == 569);
}

TEST_CASE("Font: both kinds of character map answer exactly for their characters") {
    for (const bool long_map : {false, true}) {
        CAPTURE(long_map);
        const Result<Font> font = Font::parse(
            test::TinyFont{.outlines = {"", test::square_outline(), ""}, .first_character = U'M', .long_map = long_map}
                .file());
        REQUIRE(font.has_value());
        CHECK(font->glyph(U'M') == 1);
        CHECK(font->glyph(U'N') == 2);
        for (const char32_t c : {char32_t{0}, U'L', U'O', char32_t{0xfffe}, char32_t{0xffff}, char32_t{0x1004d}}) {
            CAPTURE(static_cast<std::uint32_t>(c));
            CHECK(font->glyph(c) == 0);
        }
    }
}

TEST_CASE("Font: a subset holds the chosen glyphs, the parts of composite ones, and no hinting") {
    const test::TinyFont tiny{
        .outlines = {"", test::square_outline(40), test::square_outline(), test::composite_outline({1, 1})}};
    const Result<Font> font = Font::parse(tiny.file());
    REQUIRE(font.has_value());
    const std::vector<GlyphId> wanted{0, 3, 3};
    const Result<std::string> small = font->subset(wanted);
    REQUIRE(small.has_value());
    const ticket::BigEndian file(*small);
    // glyf, head, hhea, hmtx, loca, maxp; short offsets.
    const auto table = [&](std::size_t i) {
        return std::string_view(*small).substr(file.u32(12 + 16 * i + 8), file.u32(12 + 16 * i + 12));
    };
    CHECK(ticket::BigEndian(table(5)).u16(4) == 4);  // .notdef, the composite twice, its part once
    const std::string_view loca = table(4);
    REQUIRE(loca.size() == 10);
    const auto offset = [&](std::size_t i) { return std::size_t{2} * ticket::BigEndian(loca).u16(2 * i); };
    const ticket::BigEndian glyf(table(0));
    CHECK(offset(1) == offset(0));                     // .notdef is empty
    CHECK(glyf.i16(offset(1)) == -1);                  // composite
    CHECK(glyf.u16(offset(1) + 12) == 3);              // of the new glyph 3
    CHECK(glyf.i16(offset(3)) == 1);                   // which is the square
    CHECK(glyf.u16(offset(3) + 12) == 0);              // without its program
    CHECK(offset(4) - offset(3) == 36);                // 14 + 4 flags + 16 coordinates, padded
    CHECK(ticket::BigEndian(table(3)).u16(4) == 600);  // widths go with their glyphs
    // The whole file's checksum is the constant of the specification.
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < small->size(); at += 4) sum += file.u32(at);
    CHECK(sum == 0xb1b0afba);
}

TEST_CASE("Font: a subset of a real font is small and whole") {
    const Result<Font> font = Font::parse(dejavu());
    REQUIRE(font.has_value());
    std::vector<GlyphId> glyphs{0};
    for (const char32_t c : std::u32string(U"Nguyễn Thị Ánh Nguyệt")) glyphs.push_back(font->glyph(c));
    const Result<std::string> small = font->subset(glyphs);
    REQUIRE(small.has_value());
    CHECK(small->size() < 8000);
}

TEST_CASE("Font: broken glyphs are refused by number") {
    const std::string square = test::square_outline();
    std::vector<std::string> deep{""};
    for (unsigned i = 1; i <= 40; ++i) deep.push_back(test::composite_outline({i + 1}));
    deep.push_back(square);
    struct Case {
        std::string what;
        std::vector<std::string> outlines;
        std::string_view detail;
    };
    const std::vector<Case> cases{
        {"uses itself", {"", test::composite_outline({1})}, "glyph 1: composite glyph uses itself"},
        {"circle",
         {"", test::composite_outline({2}), test::composite_outline({1})},
         "glyph 1: composite glyph uses itself"},
        {"no such part", {"", test::composite_outline({9})}, "glyph 1: component is not in the font"},
        {"cut component", {"", test::composite_outline({1}).substr(0, 13)}, "glyph 1: component outside the outline"},
        {"nested 40 deep", deep, "glyph 18: composite glyphs nested too deep"},
        {"too many parts",
         {"", test::composite_outline(std::vector<unsigned>(400, 0))},
         "glyph 1: too many components"},
        {"contours past the end", {"", test::be16(900) + square.substr(2)}, "glyph 1: contours outside the outline"},
        {"program past the end",
         {"", square.substr(0, 12) + test::be16(900) + square.substr(14)},
         "glyph 1: hinting program outside the outline"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const Result<Font> font = Font::parse(test::TinyFont{.outlines = c.outlines}.file());
        REQUIRE(font.has_value());
        const std::vector<GlyphId> wanted{0, 1};
        const Result<std::string> small = font->subset(wanted);
        REQUIRE_FALSE(small.has_value());
        CHECK(small.error().code == Errc::malformed);
        CHECK(small.error().detail_text() == c.detail);
    }
    const Result<Font> font = Font::parse(test::TinyFont{}.file());
    REQUIRE(font.has_value());
    const std::vector<GlyphId> absent{0, 77};
    CHECK_FALSE(font->subset(absent).has_value());
    CHECK_FALSE(font->subset({}).has_value());
    CHECK(font->subset(std::vector<GlyphId>(5000, 0)).error().code == Errc::unsupported);
}

TEST_CASE("Font: files that cannot serve are refused with their reason") {
    struct Case {
        test::TinyFont font;
        Errc code;
        std::string_view detail;
    };
    const std::vector<Case> cases{
        {{.version = "OTTO"}, Errc::unsupported, "CFF outlines (.otf); a TrueType font (.ttf) is needed"},
        {{.version = "wOF2"}, Errc::malformed, "not a TrueType font"},
        {{.licence = 0x0002}, Errc::unsupported, "its licence bits forbid embedding (OS/2 fsType)"},
        {{.licence = 0x0104}, Errc::unsupported, "its licence bits forbid subsetting (OS/2 fsType)"},
        {{.licence = 0x0200}, Errc::unsupported, "its licence bits allow bitmaps only (OS/2 fsType)"},
        {{.without = {"head"}}, Errc::malformed, "table head is missing or short"},
        {{.without = {"hhea"}}, Errc::malformed, "table hhea is missing or short"},
        {{.without = {"maxp"}}, Errc::malformed, "table maxp is missing or short"},
        {{.without = {"hmtx"}}, Errc::malformed, "table hmtx is missing or short"},
        {{.without = {"loca"}}, Errc::malformed, "table loca is missing or short"},
        {{.without = {"glyf"}}, Errc::malformed, "table glyf is missing"},
        {{.without = {"cmap"}}, Errc::malformed, "no Unicode character map of format 4 or 12"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.detail);
        const Result<Font> font = Font::parse(c.font.file());
        REQUIRE_FALSE(font.has_value());
        CHECK(font.error().code == c.code);
        CHECK(font.error().detail_text() == c.detail);
    }
    CHECK(Font::parse(test::TinyFont{.licence = 0x0008}.file()).has_value());  // editable embedding is a permission
    CHECK(Font::parse(test::TinyFont{.without = {"OS/2", "name"}}.file())->name() == "Font");
    CHECK(Font::parse(test::TinyFont{.name = "A/b (c)<d>-1"}.file())->name() == "Abcd-1");
    CHECK_FALSE(Font::parse("").has_value());
}

TEST_CASE("Font: cut or damaged files never read outside their bytes") {
    const std::string good =
        test::TinyFont{.outlines = {"", test::square_outline(6), test::composite_outline({1, 1})}}.file();
    const auto use = [](std::string bytes) {
        const Result<Font> font = Font::parse(std::move(bytes));
        if (!font.has_value()) return;
        for (const char32_t c : {U'A', U'B', U'z', char32_t{0xffff}, char32_t{0x1f600}}) {
            const GlyphId glyph = font->glyph(c);
            CHECK(glyph < font->glyph_count());
            static_cast<void>(font->advance(glyph));
        }
        const std::vector<GlyphId> all{0, 1, 2};
        static_cast<void>(font->subset(all).has_value());
    };
    for (std::size_t size = 0; size < good.size(); ++size) use(good.substr(0, size));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char value : {'\0', '\x7f', '\xff', static_cast<char>(good[at] + 1)}) {
            std::string bad = good;
            bad[at] = value;
            use(std::move(bad));
        }
    }
}
