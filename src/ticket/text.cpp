#include "ticket/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/format.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::ticket {

namespace {

constexpr std::string_view operation = "ticket.render";

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) noexcept {
    return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

/// Characters that show nothing or turn the text around: they can make two different names look the same, or one
/// text read as another. U+FFFD says that letters were lost before the text came here.
constexpr std::array<Range, 14> deceiving{{{0x00ad, 0x00ad},
                                           {0x034f, 0x034f},
                                           {0x061c, 0x061c},
                                           {0x115f, 0x1160},
                                           {0x17b4, 0x17b5},
                                           {0x180b, 0x180f},
                                           {0x200b, 0x200f},
                                           {0x2028, 0x202e},
                                           {0x2060, 0x206f},
                                           {0x3164, 0x3164},
                                           {0xfeff, 0xfeff},
                                           {0xffa0, 0xffa0},
                                           {0xfff0, 0xfffd},
                                           {0xe0000, 0xe0fff}}};

/// What one glyph per character, left to right, draws rightly: Latin, Greek, Cyrillic, Armenian, Georgian, punctuation,
/// symbols, kana, Hangul syllables, Han, mathematical letters, emoji. Everything else needs shaping or runs from right
/// to left.
constexpr std::array<Range, 29> drawable{
    {{0x0020, 0x007e}, {0x00a0, 0x02ff}, {0x0370, 0x0482},   {0x048a, 0x058f},   {0x10a0, 0x10ff},  {0x1c80, 0x1cbf},
     {0x1d00, 0x1dbf}, {0x1e00, 0x1fff}, {0x2000, 0x200a},   {0x2010, 0x2027},   {0x202f, 0x205f},  {0x2070, 0x20cf},
     {0x2100, 0x2bff}, {0x2c60, 0x2c7f}, {0x2e00, 0x2fdf},   {0x3000, 0x3029},   {0x3030, 0x3098},  {0x309b, 0x33ff},
     {0x3400, 0x9fff}, {0xa640, 0xa66e}, {0xa720, 0xa7ff},   {0xab30, 0xab6f},   {0xac00, 0xd7a3},  {0xf900, 0xfb06},
     {0xfe30, 0xfe4f}, {0xff01, 0xffee}, {0x1d400, 0x1d7ff}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd}}};

bool is_variation_selector(char32_t c) noexcept { return c == 0xfe0e || c == 0xfe0f; }

Error malformed(const Field& field, std::string_view what) {
    return fail(Errc::malformed, operation, formatted("{} {}", field.name, what));
}
Error unsupported(const Field& field, std::string_view what) {
    return fail(Errc::unsupported, operation, formatted("{} {}", field.name, what));
}

Result<std::u32string> decode(const Field& field, std::string_view utf8) {
    std::u32string text;
    while (!utf8.empty()) {
        const std::optional<char32_t> c = utf8::take(utf8);
        if (!c) return malformed(field, "is not UTF-8");
        if (is_control(*c)) return malformed(field, formatted("has control character {}", code_point_name(*c)));
        if (in(deceiving, *c))
            return malformed(field, formatted("has {}, which must not be in it", code_point_name(*c)));
        // Ten times the limit is never legitimate; up to there, what counts is the composed length.
        if (text.size() > field.chars_max * 10) break;
        text += *c;
    }
    return text;
}

}  // namespace

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

std::string code_point_name(char32_t c) { return formatted("U+{:04X}", static_cast<std::uint32_t>(c)); }

Result<std::u32string> clean_text(const Field& field, std::string_view utf8) {
    Result<std::u32string> text = decode(field, utf8);
    if (!text.has_value()) return text;
    std::erase_if(*text, is_variation_selector);
    const std::size_t first = text->find_first_not_of(U' ');
    const std::size_t last = text->find_last_not_of(U' ');
    *text = first == std::u32string::npos ? std::u32string() : text->substr(first, last - first + 1);
    if (text->size() <= field.chars_max * 10) text = compose(field, *text);
    if (!text.has_value()) return text;
    if (text->size() > field.chars_max)
        return malformed(field, formatted("is longer than {} characters", field.chars_max));
    for (const char32_t c : *text) {
        if (!in(drawable, c)) {
            return unsupported(field, formatted("has {}, of a script that tickets cannot set", code_point_name(c)));
        }
    }
    return text;
}

std::optional<Glyph> FontSet::find(char32_t c, Face face) const noexcept {
    const auto try_font = [&](std::size_t index) -> std::optional<Glyph> {
        const Font& font = fonts_[index];
        const GlyphId id = font.glyph(c);
        if (id == 0) return std::nullopt;
        return Glyph{c, static_cast<std::uint16_t>(index), id, font.advance(id) / double(font.metrics().units_per_em)};
    };
    std::optional<Glyph> found = try_font(index_of(face));
    for (std::size_t i = 0; i < fonts_.size() && !found; ++i) found = try_font(i);
    return found;
}

Result<Glyphs> FontSet::glyphs(const Field& field, std::u32string_view text, Face face) const {
    Glyphs out;
    out.reserve(text.size());
    for (const char32_t c : text) {
        const std::optional<Glyph> glyph = find(c, face);
        if (!glyph) return unsupported(field, formatted("has {}, which no font has", code_point_name(c)));
        out.push_back(*glyph);
    }
    return out;
}

double FontSet::ascent(Face face) const noexcept {
    const FontMetrics& metrics = fonts_[index_of(face)].metrics();
    return std::clamp(metrics.ascent / double(metrics.units_per_em), 0.8, 1.05);
}

double FontSet::line_height(Face face) const noexcept {
    const FontMetrics& metrics = fonts_[index_of(face)].metrics();
    return std::clamp((metrics.ascent - metrics.descent) / double(metrics.units_per_em), 1.15, 1.25);
}

double width(const Glyphs& glyphs) noexcept {
    double sum = 0;
    for (const Glyph& glyph : glyphs) sum += glyph.advance;
    return sum;
}

}  // namespace ticketbottle::ticket
