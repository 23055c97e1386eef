#include <doctest/doctest.h>

#include <string>

#include "core/utf8.hpp"

namespace utf8 = ticketbottle::utf8;
using namespace std::string_view_literals;

TEST_CASE("Utf8: every code point goes out and comes back, surrogates excepted") {
    for (char32_t code = 0; code <= 0x10ffff; code = code < 0x11000 ? code + 1 : code + 97) {
        std::string text;
        utf8::append(code, text);
        std::string_view rest = text;
        const auto taken = utf8::take(rest);
        const bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (surrogate ? taken.has_value() : taken != code || !rest.empty())
            FAIL("code point ", static_cast<unsigned>(code));
    }
}

TEST_CASE("Utf8: overlong forms, surrogates, stray and missing bytes are invalid wherever they stand") {
    for (const std::string_view bad :
         {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xc2\x41"sv, "\xe0\x80\x80"sv, "\xe0\x9f\xbf"sv,
          "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xe2\x82"sv, "\xe2\x28\xa1"sv, "\xf0\x80\x80\x80"sv,
          "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xf0\x9f\x98"sv, "\xfe"sv, "\xff"sv}) {
        CHECK(!utf8::valid(bad));
        for (std::size_t before = 0; before < 70; ++before) {
            CHECK(!utf8::valid(std::string(before, 'a') + std::string(bad)));
            CHECK(!utf8::valid(std::string(before, 'a') + std::string(bad) + "abcdefghij"));
            CHECK(!utf8::valid(std::string(before, 'a') + std::string(bad) + std::string(40, 'a')));
        }
        std::string_view rest = bad;
        CHECK(!utf8::take(rest));
        CHECK(rest == bad);
    }
    CHECK(utf8::valid(""));
    CHECK(utf8::valid("a\0b\x7f"sv));
    CHECK(utf8::valid("Nguy\u1ec5n V\u0103n \u0110\u1ed3ng \u20ab \U0001F600 \U0010FFFF"));
}

TEST_CASE("Utf8: a prefix keeps whole characters only") {
    const auto text = "a\u0111\u20ab\U0001F600"sv;  // 1 + 2 + 3 + 4 bytes
    const std::size_t sizes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (std::size_t max = 0; max < std::size(sizes); ++max) {
        CAPTURE(max);
        CHECK(utf8::prefix(text, max) == text.substr(0, sizes[max]));
    }
    CHECK(utf8::prefix(std::string(600, 'x'), 500).size() == 500);
    CHECK(utf8::prefix(std::string(600, '\x80'), 500).size() == 500);  // no UTF-8, still cut
}
