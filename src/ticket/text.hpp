#pragma once
/// \file
/// Text that may stand on a ticket: checked, composed, measured. Internal: not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <utility>
#include <vector>

#include "ticket/font.hpp"

namespace ticketbottle::ticket {

/// One line of text's name and limit, for errors.
struct Field {
    std::string_view name;
    std::size_t chars_max;
};

/// Decodes and checks: UTF-8, no control, bidirectional or zero-width characters, at most chars_max code points, no
/// script that needs shaping. Latin, Greek and Cyrillic letters in canonical decomposition are composed; variation
/// selectors and spaces at both ends are dropped.
/// Errors: malformed, unsupported; they name the field and the character, not the text.
[[nodiscard]] Result<std::u32string> clean_text(const Field& field, std::string_view utf8);

/// Composes each letter with the combining marks after it. Errors: unsupported, as above.
[[nodiscard]] Result<std::u32string> compose(const Field& field, std::u32string_view text);

/// U+0000..U+001F and U+007F..U+009F.
[[nodiscard]] bool is_control(char32_t c) noexcept;
/// "U+1EA4"
[[nodiscard]] std::string code_point_name(char32_t c);

enum class Face : std::uint8_t { regular, bold };

/// A character that a font of the set draws.
struct Glyph {
    char32_t code_point = 0;
    std::uint16_t font = 0;  ///< Index into FontSet.
    GlyphId id = 0;
    double advance = 0;  ///< Em.
};
using Glyphs = std::vector<Glyph>;

enum class Bold : std::uint8_t { absent, present };

/// Regular, bold (if present), fallbacks, in that order. Immutable.
class FontSet {
public:
    /// \param fonts  At least one, two if bold is present.
    FontSet(std::vector<Font> fonts, Bold bold) : fonts_(std::move(fonts)), bold_(bold == Bold::present ? 1 : 0) {}
    /// The face's font, else the regular one, else the fallbacks in order.
    [[nodiscard]] std::optional<Glyph> find(char32_t code_point, Face face) const noexcept;
    /// Errors: unsupported, naming field and character.
    [[nodiscard]] Result<Glyphs> glyphs(const Field& field, std::u32string_view text, Face face) const;
    [[nodiscard]] const Font& font(std::size_t index) const { return fonts_[index]; }
    [[nodiscard]] std::size_t size() const noexcept { return fonts_.size(); }
    /// Em above and below the baseline that the face's letters take, and the distance of lines.
    [[nodiscard]] double ascent(Face face) const noexcept;
    [[nodiscard]] double line_height(Face face) const noexcept;

private:
    [[nodiscard]] std::size_t index_of(Face face) const noexcept { return face == Face::bold ? bold_ : 0; }
    std::vector<Font> fonts_;
    std::size_t bold_;
};

/// Sum of advances, em.
[[nodiscard]] double width(const Glyphs& glyphs) noexcept;

}  // namespace ticketbottle::ticket
