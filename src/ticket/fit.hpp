#pragma once
/// \file
/// Breaking text into lines and finding its size. Internal: not installed.

#include <optional>
#include <vector>

#include "ticket/text.hpp"

namespace ticketbottle::ticket {

/// Points.
struct Box {
    double width = 0;
    double height = 0;
};

struct Sizes {
    double largest = 10;
    double comfortable = 8;  ///< Below this, words are rather broken than made smaller still.
    double smallest = 6;
};

struct FittedText {
    double size = 0;         ///< Points.
    double line_height = 0;  ///< Points.
    std::vector<Glyphs> lines;

    [[nodiscard]] double height() const noexcept { return line_height * double(lines.size()); }
};

enum class LongWords : std::uint8_t { keep, split };

/// Lines no wider than `width_em`, broken at spaces and hyphens and between Han letters; spaces at a break are dropped.
/// nullopt: LongWords::keep and a word is too wide, or one character is.
[[nodiscard]] std::optional<std::vector<Glyphs>> break_lines(const Glyphs& text, double width_em, LongWords long_words);

/// The largest size that fits: first without splitting words down to `comfortable`, then splitting them.
/// nullopt: it does not fit even at the smallest size.
[[nodiscard]] std::optional<FittedText> fit(const Glyphs& text, const Box& box, const Sizes& sizes,
                                            double line_height_em);

}  // namespace ticketbottle::ticket
