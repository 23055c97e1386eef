#pragma once
/// \file
/// A TrueType font file: characters, widths, and a smaller font of chosen glyphs. Internal: not installed.
/// Source: ISO/IEC 14496-22 (OpenType), "the spec" below; ISO 32000-1 section 9.9 for what a PDF wants of FontFile2.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>

namespace ticketbottle::ticket {

using GlyphId = std::uint16_t;

/// Big-endian reads that never leave the bytes: outside them everything is zero.
class BigEndian {
public:
    explicit BigEndian(std::string_view bytes) : bytes_(bytes) {}
    explicit BigEndian(std::string&&) = delete;  // would be gone before the first read
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::uint8_t u8(std::size_t at) const noexcept {
        return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : std::uint8_t{0};
    }
    [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept {
        return static_cast<std::uint16_t>(u8(at) << 8 | u8(at + 1));
    }
    [[nodiscard]] std::int16_t i16(std::size_t at) const noexcept { return static_cast<std::int16_t>(u16(at)); }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept {
        return static_cast<std::uint32_t>(u16(at)) << 16 | u16(at + 2);
    }

private:
    std::string_view bytes_;
};

/// In font units, except weight.
struct FontMetrics {
    int units_per_em = 1000;
    int ascent = 0;
    int descent = 0;  ///< Negative below the baseline.
    int cap_height = 0;
    int italic_angle = 0;      ///< Degrees, counter-clockwise.
    int weight = 400;          ///< 100..900
    std::array<int, 4> box{};  ///< Left, bottom, right, top of all glyphs.
};

/// Immutable after parse; safe from every thread. Files are untrusted: every read is checked.
class Font {
public:
    /// Errors: malformed (names the table), unsupported (CFF outlines, or embedding or subsetting forbidden by
    /// OS/2.fsType).
    [[nodiscard]] static Result<Font> parse(std::string file);

    /// 0: the font has no glyph for it.
    [[nodiscard]] GlyphId glyph(char32_t code_point) const noexcept;
    /// Font units.
    [[nodiscard]] std::uint16_t advance(GlyphId glyph) const noexcept;
    [[nodiscard]] std::size_t glyph_count() const noexcept { return glyph_count_; }
    [[nodiscard]] const FontMetrics& metrics() const noexcept { return metrics_; }
    /// PostScript name, letters, digits and '-' only; "Font" if the file has none.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// A TrueType file whose glyph i is `glyphs[i]`, glyphs used by composite ones after them; hinting left out.
    /// `glyphs` should begin with 0, .notdef; a glyph named twice is there twice.
    /// Errors: malformed (glyph data), unsupported (over the size limit), invalid_argument (no such glyph).
    [[nodiscard]] Result<std::string> subset(std::span<const GlyphId> glyphs) const;

private:
    struct Table {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    class Subsetter;

    Font() = default;
    [[nodiscard]] std::string_view bytes(Table table) const noexcept {
        return std::string_view(file_).substr(table.offset, table.size);
    }
    [[nodiscard]] Result<void> read_directory();
    [[nodiscard]] Result<void> read_header();
    [[nodiscard]] Result<void> read_glyph_tables();
    [[nodiscard]] Result<void> read_licence_and_weight();
    [[nodiscard]] Result<void> choose_character_map();
    void read_name();
    [[nodiscard]] std::int16_t left_side_bearing(GlyphId glyph) const noexcept;
    [[nodiscard]] Result<std::string_view> outline(GlyphId glyph) const;

    std::string file_;
    Table head_, hhea_, maxp_, hmtx_, loca_, glyf_, cmap_, name_table_, os2_, post_;
    Table characters_;  ///< The chosen subtable of cmap.
    std::uint16_t characters_format_ = 0;
    std::size_t glyph_count_ = 0;
    std::size_t metric_count_ = 0;
    bool long_offsets_ = false;
    FontMetrics metrics_;
    std::string name_;
};

}  // namespace ticketbottle::ticket
