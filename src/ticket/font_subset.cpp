#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/format.hpp"
#include "ticket/font.hpp"

namespace ticketbottle::ticket {

namespace {

constexpr std::string_view operation = "ticket.font_subset";
/// No real outline comes near; a hostile loca could name the whole table for every glyph.
constexpr std::size_t outline_bytes_max = 256 * 1024;
constexpr std::size_t subset_bytes_max = 8 * 1024 * 1024;
constexpr std::size_t nesting_max = 16;
constexpr std::size_t components_max = 256;
/// A ticket's text has at most some 1,500 characters.
constexpr std::size_t subset_glyphs_max = 4096;

Error broken(GlyphId glyph, std::string_view what) {
    return fail(Errc::malformed, operation, formatted("glyph {}: {}", glyph, what));
}

void put16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8 & 0xff);
    out += static_cast<char>(value & 0xff);
}
void put32(std::string& out, std::size_t value) {
    put16(out, value >> 16);
    put16(out, value);
}
void set16(std::string& bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<char>(value >> 8 & 0xff);
    bytes[at + 1] = static_cast<char>(value & 0xff);
}

// Flags of a composite glyph's component, the spec's names.
constexpr std::uint16_t args_are_words = 0x0001;
constexpr std::uint16_t have_scale = 0x0008;
constexpr std::uint16_t more_components = 0x0020;
constexpr std::uint16_t have_two_scales = 0x0040;
constexpr std::uint16_t have_matrix = 0x0080;
constexpr std::uint16_t have_instructions = 0x0100;

struct Component {
    std::size_t at = 0;  ///< Where its flags are; its glyph follows.
    std::size_t size = 0;
    std::uint16_t flags = 0;
    GlyphId glyph = 0;
};

bool is_composite(std::string_view outline) { return BigEndian(outline).i16(0) < 0; }

Result<std::vector<Component>> components(GlyphId glyph, std::string_view outline) {
    const BigEndian data(outline);
    std::vector<Component> found;
    std::size_t at = 10;
    bool more = true;
    while (more) {
        if (found.size() == components_max) return broken(glyph, "too many components");
        if (at + 4 > outline.size()) return broken(glyph, "component outside the outline");
        Component component{at, 4, data.u16(at), data.u16(at + 2)};
        component.size += (component.flags & args_are_words) != 0 ? 4 : 2;
        if ((component.flags & have_scale) != 0) component.size += 2;
        if ((component.flags & have_two_scales) != 0) component.size += 4;
        if ((component.flags & have_matrix) != 0) component.size += 8;
        if (component.size > outline.size() - at) return broken(glyph, "component outside the outline");
        at += component.size;
        more = (component.flags & more_components) != 0;
        found.push_back(component);
    }
    return found;
}

/// A simple outline without its hinting program.
Result<std::string> without_instructions(GlyphId glyph, std::string_view outline) {
    if (outline.empty()) return std::string();
    if (outline.size() < 10) return broken(glyph, "outline too short");
    const std::size_t contours = BigEndian(outline).u16(0);
    const std::size_t length_at = 10 + 2 * contours;
    if (contours == 0) return std::string();  // a header and nothing to draw
    if (length_at + 2 > outline.size()) return broken(glyph, "contours outside the outline");
    const std::size_t points_at = length_at + 2 + BigEndian(outline).u16(length_at);
    if (points_at > outline.size()) return broken(glyph, "hinting program outside the outline");
    std::string out(outline.substr(0, length_at));
    put16(out, 0);
    out += outline.substr(points_at);
    return out;
}

std::size_t checksum(std::string_view bytes) {
    std::uint32_t sum = 0;
    const BigEndian data(bytes);
    for (std::size_t at = 0; at < bytes.size(); at += 4) sum += data.u32(at);  // past the end reads as zero padding
    return sum;
}

}  // namespace

Result<std::string_view> Font::outline(GlyphId glyph) const {
    const BigEndian loca(bytes(loca_));
    const std::size_t i = glyph;
    if (i >= glyph_count_) return broken(glyph, "is not in the font");
    const std::size_t from = long_offsets_ ? loca.u32(i * 4) : std::size_t{2} * loca.u16(i * 2);
    const std::size_t to = long_offsets_ ? loca.u32(i * 4 + 4) : std::size_t{2} * loca.u16(i * 2 + 2);
    if (from > to || to > glyf_.size) return broken(glyph, "outline outside table glyf");
    if (to - from > outline_bytes_max) return broken(glyph, "outline too large");
    return bytes(glyf_).substr(from, to - from);
}

/// Builds one subset: which glyphs, their new numbers, and the tables.
class Font::Subsetter {
public:
    explicit Subsetter(const Font& font) : font_(font) {}

    Result<std::string> run(std::span<const GlyphId> glyphs) {
        glyphs_.assign(glyphs.begin(), glyphs.end());
        for (std::size_t i = 0; i < glyphs.size(); ++i) numbers_.emplace(glyphs[i], static_cast<GlyphId>(i));
        for (const GlyphId glyph : glyphs) {
            if (Result<void> done = add_components(glyph, 0); !done.has_value()) return done.error();
        }
        if (Result<void> done = write_outlines(); !done.has_value()) return done.error();
        write_metrics();
        return assemble();
    }

private:
    /// Depth first, so that glyphs that use each other in a circle show as endless nesting; the visited set
    /// keeps the walk linear.
    Result<void> add_components(GlyphId glyph, std::size_t depth) {
        if (depth > nesting_max) return broken(glyph, "composite glyphs nested too deep");
        State& state = states_[glyph];  // stays where it is while the map grows
        if (state == State::done) return {};
        if (state == State::open) return broken(glyph, "composite glyph uses itself");
        state = State::open;
        const Result<std::string_view> data = font_.outline(glyph);
        if (!data.has_value()) return data.error();
        if (is_composite(*data)) {
            const Result<std::vector<Component>> parts = components(glyph, *data);
            if (!parts.has_value()) return parts.error();
            for (const Component& part : *parts) {
                if (part.glyph >= font_.glyph_count_) return broken(glyph, "component is not in the font");
                if (numbers_.emplace(part.glyph, static_cast<GlyphId>(glyphs_.size())).second)
                    glyphs_.push_back(part.glyph);
                if (glyphs_.size() > subset_glyphs_max) return fail(Errc::unsupported, operation, "over 4096 glyphs");
                if (Result<void> done = add_components(part.glyph, depth + 1); !done.has_value()) return done.error();
            }
        }
        state = State::done;
        return {};
    }

    Result<std::string> renumbered(GlyphId glyph, std::string_view data) const {
        const Result<std::vector<Component>> parts = components(glyph, data);
        if (!parts.has_value()) return parts.error();
        const Component& last = parts->back();
        std::string out(data.substr(0, last.at + last.size));  // a hinting program may follow
        for (const Component& part : *parts) {
            set16(out, part.at, part.flags & ~unsigned{have_instructions});
            set16(out, part.at + 2, numbers_.at(part.glyph));
        }
        return out;
    }

    Result<void> write_outlines() {
        std::vector<std::size_t> offsets{0};
        for (const GlyphId glyph : glyphs_) {
            const Result<std::string_view> data = font_.outline(glyph);
            if (!data.has_value()) return data.error();
            Result<std::string> small =
                is_composite(*data) ? renumbered(glyph, *data) : without_instructions(glyph, *data);
            if (!small.has_value()) return small.error();
            outlines_ += *small;
            outlines_.resize((outlines_.size() + 3) & ~std::size_t{3});
            if (outlines_.size() > subset_bytes_max) return fail(Errc::unsupported, operation, "subset over 8 MiB");
            offsets.push_back(outlines_.size());
        }
        if (outlines_.empty()) outlines_.resize(4);  // readers take an empty table for a missing one
        long_offsets_ = outlines_.size() > 2 * std::size_t{0xffff};
        for (const std::size_t offset : offsets) {
            long_offsets_ ? put32(locations_, offset) : put16(locations_, offset / 2);
        }
        return {};
    }

    void write_metrics() {
        for (const GlyphId glyph : glyphs_) {
            put16(widths_, font_.advance(glyph));
            put16(widths_, static_cast<std::uint16_t>(font_.left_side_bearing(glyph)));
        }
        head_ = font_.bytes(font_.head_).substr(0, 54);
        set16(head_, 8, 0);  // checkSumAdjustment: set when all else is known
        set16(head_, 10, 0);
        set16(head_, 50, long_offsets_ ? 1 : 0);
        hhea_ = font_.bytes(font_.hhea_).substr(0, 36);
        set16(hhea_, 34, glyphs_.size());
        maxp_ = font_.bytes(font_.maxp_).substr(0, 32);
        set16(maxp_, 4, glyphs_.size());
        for (std::size_t limit = 16; limit <= 26; limit += 2) set16(maxp_, limit, 0);  // of hinting programs
    }

    std::string assemble() const {
        const std::array<std::pair<std::string_view, std::string_view>, 6> tables{{{"glyf", outlines_},
                                                                                   {"head", head_},
                                                                                   {"hhea", hhea_},
                                                                                   {"hmtx", widths_},
                                                                                   {"loca", locations_},
                                                                                   {"maxp", maxp_}}};
        std::string out;
        put32(out, 0x00010000);
        put16(out, tables.size());
        put16(out, 64);  // the search hints of six entries: 16 * 4, log2 4, 16 * 6 - 64
        put16(out, 2);
        put16(out, 32);
        std::size_t offset = 12 + 16 * tables.size();
        std::size_t head_at = 0;
        for (const auto& [name, table] : tables) {
            if (name == "head") head_at = offset;
            out += name;
            put32(out, checksum(table));
            put32(out, offset);
            put32(out, table.size());
            offset += (table.size() + 3) & ~std::size_t{3};
        }
        for (const auto& entry : tables) {
            out += entry.second;
            out.resize((out.size() + 3) & ~std::size_t{3});
        }
        const std::size_t adjustment = 0xb1b0afba - checksum(out);  // the spec's constant
        set16(out, head_at + 8, adjustment >> 16);
        set16(out, head_at + 10, adjustment);
        return out;
    }

    enum class State : std::uint8_t { fresh, open, done };
    const Font& font_;
    std::vector<GlyphId> glyphs_;  ///< Old numbers in the new order.
    std::unordered_map<GlyphId, GlyphId> numbers_;
    std::unordered_map<GlyphId, State> states_;
    bool long_offsets_ = false;
    std::string outlines_, locations_, widths_, head_, hhea_, maxp_;
};

Result<std::string> Font::subset(std::span<const GlyphId> glyphs) const {
    if (glyphs.empty()) return fail(Errc::invalid_argument, operation, "no glyphs");
    if (glyphs.size() > subset_glyphs_max) return fail(Errc::unsupported, operation, "over 4096 glyphs");
    return Subsetter(*this).run(glyphs);
}

}  // namespace ticketbottle::ticket
