#include "ticket/fit.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ticketbottle::ticket;

namespace {

/// Every character one em wide, so widths can be counted.
Glyphs em_wide(std::u32string_view text) {
    Glyphs out;
    for (const char32_t c : text) out.push_back({c, 0, 1, 1.0});
    return out;
}

std::vector<std::u32string> broken(std::u32string_view text, double width, LongWords long_words) {
    std::vector<std::u32string> out;
    const auto lines = break_lines(em_wide(text), width, long_words);
    if (!lines) return {U"!"};
    for (const Glyphs& line : *lines) {
        out.emplace_back();
        for (const Glyph& glyph : line) out.back() += glyph.code_point;
    }
    return out;
}

using Lines = std::vector<std::u32string>;

}  // namespace

TEST_CASE("Lines: break at spaces, after hyphens and between Han letters") {
    CHECK(broken(U"aa bb cc", 5, LongWords::keep) == Lines{U"aa bb", U"cc"});
    CHECK(broken(U"aa bb cc", 4, LongWords::keep) == Lines{U"aa", U"bb", U"cc"});
    CHECK(broken(U"aa   bb", 4, LongWords::keep) == Lines{U"aa", U"bb"});
    CHECK(broken(U"aa-bb", 3, LongWords::keep) == Lines{U"aa-", U"bb"});
    CHECK(broken(U"aa\u00a0bb", 3, LongWords::keep) == Lines{U"!"});  // a no-break space
    CHECK(broken(U"東京都庁", 3, LongWords::keep) == Lines{U"東京都", U"庁"});
    CHECK(broken(U"aa bb", 5, LongWords::keep) == Lines{U"aa bb"});
    CHECK(broken(U"", 5, LongWords::keep).empty());
}

TEST_CASE("Lines: a word wider than the line is split only when that is allowed") {
    CHECK(broken(U"a bcdefgh", 3, LongWords::keep) == Lines{U"!"});
    CHECK(broken(U"a bcdefgh", 3, LongWords::split) == Lines{U"a", U"bcd", U"efg", U"h"});
    CHECK(broken(U"abc", 0.5, LongWords::split) == Lines{U"!"});
}

TEST_CASE("Fit: the largest size that fits is taken, words are split only below the comfortable size") {
    const Sizes sizes{20, 10, 5};
    const auto size_of = [&](std::u32string_view text, const Box& box) {
        const auto fitted = fit(em_wide(text), box, sizes, 1.0);
        return fitted ? fitted->size : 0.0;
    };
    CHECK(size_of(U"abcde", {100, 20}) == 20);
    CHECK(size_of(U"abcdef", {100, 20}) == 16.5);      // shrunk to keep the word whole
    CHECK(size_of(U"abc def", {100, 40}) == 20);       // two lines
    CHECK(size_of(U"abcdefghijkl", {100, 40}) == 10);  // 12 do not fit at 10 points in one line: split
    CHECK(size_of(std::u32string(36, U'a'), {50, 20}) == 5);
    CHECK(size_of(std::u32string(41, U'a'), {50, 20}) == 0);
    const auto fitted = fit(em_wide(U"abc def"), {100, 40}, sizes, 1.0);
    REQUIRE(fitted);
    CHECK(fitted->height() == 40);
}
