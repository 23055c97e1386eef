#include "ticket/fit.hpp"

#include <cstdint>

namespace ticketbottle::ticket {

namespace {

constexpr double size_step = 0.5;  // points

bool is_breaking_space(char32_t c) noexcept {
    const bool fixed = c == 0x2007;  // figure space
    return c == U' ' || (c >= 0x2000 && c <= 0x200a && !fixed) || c == 0x205f || c == 0x3000;
}
bool breaks_after(char32_t c) noexcept { return c == U'-' || c == U'/' || c == 0x2010 || c == 0x2013 || c == 0x2014; }
bool is_ideographic(char32_t c) noexcept {
    return (c >= 0x2e80 && c <= 0x2fdf) || (c >= 0x3040 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || c >= 0x1f000;
}

/// May a line end before text[i]? Spaces at the end of a line take no room, so the break is before the space.
bool may_break_before(const Glyphs& text, std::size_t i) noexcept {
    if (i == 0) return false;
    const char32_t before = text[i - 1].code_point;
    const char32_t here = text[i].code_point;
    return is_breaking_space(here) || is_breaking_space(before) || breaks_after(before) ||
           (is_ideographic(before) && is_ideographic(here));
}

/// Rounding of sums must not break a line that fits exactly.
constexpr double slack_em = 1e-6;

}  // namespace

std::optional<std::vector<Glyphs>> break_lines(const Glyphs& text, double width_em, LongWords long_words) {
    std::vector<Glyphs> lines;
    std::size_t start = 0;
    const auto skip_spaces = [&] {
        while (start < text.size() && is_breaking_space(text[start].code_point)) ++start;
    };
    for (skip_spaces(); start < text.size(); skip_spaces()) {
        double used = 0;
        std::size_t end = start;
        std::size_t break_at = start;
        while (end < text.size()) {
            if (end > start && may_break_before(text, end)) break_at = end;
            if (used + text[end].advance > width_em + slack_em) break;
            used += text[end++].advance;
        }
        if (end < text.size()) {
            if (break_at > start) {
                end = break_at;
            } else if (long_words == LongWords::keep || end == start) {
                return std::nullopt;
            }
        }
        const std::size_t next = end;
        while (end > start && is_breaking_space(text[end - 1].code_point)) --end;
        lines.emplace_back(text.begin() + static_cast<std::ptrdiff_t>(start),
                           text.begin() + static_cast<std::ptrdiff_t>(end));
        start = next;
    }
    return lines;
}

std::optional<FittedText> fit(const Glyphs& text, const Box& box, const Sizes& sizes, double line_height_em) {
    const auto attempt = [&](double size, LongWords long_words) -> std::optional<FittedText> {
        std::optional<std::vector<Glyphs>> lines = break_lines(text, box.width / size, long_words);
        if (!lines) return std::nullopt;
        FittedText fitted{size, size * line_height_em, std::move(*lines)};
        if (fitted.height() > box.height) return std::nullopt;
        return fitted;
    };
    for (double size = sizes.largest; size >= sizes.comfortable; size -= size_step) {
        if (auto fitted = attempt(size, LongWords::keep)) return fitted;
    }
    for (double size = sizes.comfortable; size >= sizes.smallest; size -= size_step) {
        if (auto fitted = attempt(size, LongWords::keep)) return fitted;
        if (auto fitted = attempt(size, LongWords::split)) return fitted;
    }
    return std::nullopt;
}

}  // namespace ticketbottle::ticket
