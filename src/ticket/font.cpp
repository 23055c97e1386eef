#include "ticket/font.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <utility>

namespace ticketbottle::ticket {

namespace {

constexpr std::string_view operation = "ticket.font";
constexpr std::uint32_t tables_max = 256;
constexpr std::uint32_t head_magic = 0x5f0f3cf5;

Error broken(std::string detail) { return fail(Errc::malformed, operation, std::move(detail)); }
Error refused(std::string detail) { return fail(Errc::unsupported, operation, std::move(detail)); }

constexpr std::uint32_t tag(const char (&letters)[5]) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(letters[i]);
    return value;
}

}  // namespace

Result<Font> Font::parse(std::string file) {
    Font font;
    font.file_ = std::move(file);
    for (const auto step : {&Font::read_directory, &Font::read_header, &Font::read_glyph_tables,
                            &Font::read_licence_and_weight, &Font::choose_character_map}) {
        if (Result<void> done = (font.*step)(); !done.has_value()) return done.error();
    }
    font.read_name();
    return font;
}

Result<void> Font::read_directory() {
    const BigEndian file(file_);
    std::size_t start = 0;
    if (file.u32(0) == tag("ttcf")) start = file.u32(12);  // a collection: its first font
    const std::uint32_t version = file.u32(start);
    if (version == tag("OTTO")) return refused("CFF outlines (.otf); a TrueType font (.ttf) is needed");
    if (version != 0x00010000 && version != tag("true")) return broken("not a TrueType font");

    const std::uint32_t count = file.u16(start + 4);
    if (count > tables_max) return broken("too many tables");
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t entry = start + 12 + std::size_t{i} * 16;
        const Table table{file.u32(entry + 8), file.u32(entry + 12)};
        if (table.offset > file_.size() || table.size > file_.size() - table.offset) {
            return broken(formatted("table {} of {} lies outside the file", i + 1, count));
        }
        switch (file.u32(entry)) {
            case tag("head"):
                head_ = table;
                break;
            case tag("hhea"):
                hhea_ = table;
                break;
            case tag("maxp"):
                maxp_ = table;
                break;
            case tag("hmtx"):
                hmtx_ = table;
                break;
            case tag("loca"):
                loca_ = table;
                break;
            case tag("glyf"):
                glyf_ = table;
                break;
            case tag("cmap"):
                cmap_ = table;
                break;
            case tag("name"):
                name_table_ = table;
                break;
            case tag("OS/2"):
                os2_ = table;
                break;
            case tag("post"):
                post_ = table;
                break;
            default:
                break;
        }
    }
    return {};
}

Result<void> Font::read_header() {
    if (head_.size < 54) return broken("table head is missing or short");
    if (hhea_.size < 36) return broken("table hhea is missing or short");
    if (maxp_.size < 32) return broken("table maxp is missing or short");
    const BigEndian head(bytes(head_));
    if (head.u32(12) != head_magic) return broken("table head has a wrong magic number");
    metrics_.units_per_em = head.u16(18);
    if (metrics_.units_per_em < 16 || metrics_.units_per_em > 16384) return broken("units per em outside 16 to 16384");
    for (std::size_t i = 0; i < 4; ++i) metrics_.box[i] = head.i16(36 + 2 * i);
    const int format = head.i16(50);
    if (format != 0 && format != 1) return broken("unknown format of table loca");
    long_offsets_ = format == 1;

    const BigEndian hhea(bytes(hhea_));
    metrics_.ascent = hhea.i16(4);
    metrics_.descent = hhea.i16(6);
    metric_count_ = hhea.u16(34);
    glyph_count_ = BigEndian(bytes(maxp_)).u16(4);
    metrics_.italic_angle = BigEndian(bytes(post_)).i16(4);
    if (glyph_count_ == 0) return broken("no glyphs");
    if (metric_count_ == 0 || metric_count_ > glyph_count_)
        return broken("number of widths does not fit that of glyphs");
    return {};
}

Result<void> Font::read_glyph_tables() {
    if (hmtx_.size < metric_count_ * 4) return broken("table hmtx is missing or short");
    if (loca_.size < (glyph_count_ + 1) * (long_offsets_ ? 4 : 2)) return broken("table loca is missing or short");
    if (glyf_.size == 0) return broken("table glyf is missing");
    return {};
}

Result<void> Font::read_licence_and_weight() {
    metrics_.cap_height = metrics_.units_per_em * 7 / 10;
    if (os2_.size == 0) return {};
    const BigEndian os2(bytes(os2_));
    metrics_.weight = std::clamp<int>(os2.u16(4), 100, 900);
    const std::uint16_t rights = os2.u16(8);
    if ((rights & 0x000e) == 0x0002) return refused("its licence bits forbid embedding (OS/2 fsType)");
    if ((rights & 0x0100) != 0) return refused("its licence bits forbid subsetting (OS/2 fsType)");
    if ((rights & 0x0200) != 0) return refused("its licence bits allow bitmaps only (OS/2 fsType)");
    if (os2.u16(0) >= 2 && os2.i16(88) > 0) metrics_.cap_height = os2.i16(88);
    return {};
}

Result<void> Font::choose_character_map() {
    const BigEndian cmap(bytes(cmap_));
    int best = 0;
    for (std::size_t i = 0; i < cmap.u16(2); ++i) {
        const std::uint16_t platform = cmap.u16(4 + i * 8);
        const std::uint16_t encoding = cmap.u16(6 + i * 8);
        const std::size_t offset = cmap.u32(8 + i * 8);
        if (offset >= cmap.size()) continue;
        const std::uint16_t format = cmap.u16(offset);
        const bool unicode = platform == 0 || (platform == 3 && (encoding == 1 || encoding == 10));
        if (!unicode || (format != 4 && format != 12)) continue;
        const int rank = format == 12 ? 2 : 1;  // 12 reaches past U+FFFF
        if (rank <= best) continue;
        best = rank;
        characters_ = {cmap_.offset + offset, cmap_.size - offset};
        characters_format_ = format;
    }
    if (best == 0) return broken("no Unicode character map of format 4 or 12");
    return {};
}

namespace {

/// The first i in [0, count) with last(i) >= code_point, or count. `last` rises in a sane file; in another the answer
/// is some index, and the caller's own checks hold.
template <class Last>
std::size_t first_segment(std::size_t count, char32_t code_point, Last last) {
    std::size_t low = 0;
    std::size_t high = count;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (last(middle) < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

std::size_t glyph_by_format_4(const BigEndian& map, char32_t code_point) {
    if (code_point > 0xffff) return 0;
    const std::size_t width = map.u16(6) & ~std::size_t{1};  // twice the number of segments
    const std::size_t ends = 14;
    const std::size_t starts = ends + width + 2;
    const std::size_t deltas = starts + width;
    const std::size_t ranges = deltas + width;
    const std::size_t at =
        2 * first_segment(width / 2, code_point, [&](std::size_t i) { return map.u16(ends + 2 * i); });
    if (at >= width || map.u16(starts + at) > code_point) return 0;
    const std::uint16_t range = map.u16(ranges + at);
    if (range == 0) return (code_point + map.u16(deltas + at)) & 0xffff;
    const std::size_t glyph = map.u16(ranges + at + range + 2 * (code_point - map.u16(starts + at)));
    return glyph == 0 ? 0 : (glyph + map.u16(deltas + at)) & 0xffff;
}

std::size_t glyph_by_format_12(const BigEndian& map, char32_t code_point) {
    const std::size_t groups = 16;
    const std::size_t count = std::min<std::size_t>(map.u32(12), map.size() / 12);
    const std::size_t at =
        groups + 12 * first_segment(count, code_point, [&](std::size_t i) { return map.u32(groups + 12 * i + 4); });
    const std::uint32_t first = map.u32(at);
    if (at + 12 > map.size() || first > code_point || map.u32(at + 4) < code_point) return 0;
    return std::size_t{map.u32(at + 8)} + (code_point - first);
}

}  // namespace

GlyphId Font::glyph(char32_t code_point) const noexcept {
    const BigEndian map(bytes(characters_));
    const std::size_t glyph =
        characters_format_ == 12 ? glyph_by_format_12(map, code_point) : glyph_by_format_4(map, code_point);
    return glyph < glyph_count_ ? static_cast<GlyphId>(glyph) : GlyphId{0};
}

std::uint16_t Font::advance(GlyphId glyph) const noexcept {
    const std::size_t row = std::min<std::size_t>(glyph, metric_count_ - 1);  // the last width serves all that follow
    return BigEndian(bytes(hmtx_)).u16(row * 4);
}

std::int16_t Font::left_side_bearing(GlyphId glyph) const noexcept {
    const BigEndian hmtx(bytes(hmtx_));
    if (glyph < metric_count_) return hmtx.i16(std::size_t{glyph} * 4 + 2);
    return hmtx.i16(metric_count_ * 4 + (glyph - metric_count_) * 2);
}

void Font::read_name() {
    constexpr std::uint16_t postscript_name = 6;
    constexpr std::size_t name_chars_max = 63;
    const BigEndian table(bytes(name_table_));
    const std::size_t texts = table.u16(4);
    for (std::size_t i = 0; i < table.u16(2) && name_.empty(); ++i) {
        const std::size_t row = 6 + i * 12;
        if (table.u16(row + 6) != postscript_name) continue;
        const std::size_t step = table.u16(row) == 1 ? 1 : 2;  // Macintosh one byte, else UTF-16BE
        const std::size_t length = table.u16(row + 8);
        const std::size_t start = texts + table.u16(row + 10);
        for (std::size_t at = start; at + step <= start + length && name_.size() < name_chars_max; at += step) {
            const std::uint16_t c = step == 1 ? table.u8(at) : table.u16(at);
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
            if (letter) name_ += static_cast<char>(c);
        }
    }
    if (name_.empty()) name_ = "Font";
}

}  // namespace ticketbottle::ticket
