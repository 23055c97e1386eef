#include "ticket/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/utf8.hpp"
#include "ticket/labels.hpp"
#include "unit/ticket/vietnamese_letters.hpp"

using namespace ticketbottle;
using ticket::clean_text;

namespace {

constexpr ticket::Field field{"customer_name", 20};

std::string cleaned(std::string_view text) {
    const Result<std::u32string> clean = clean_text(field, text);
    if (!clean.has_value()) return "! " + std::string(clean.error().detail_text());
    std::string out;
    for (const char32_t c : *clean) utf8::append(c, out);
    return out;
}

}  // namespace

TEST_CASE("Text: every Vietnamese letter is composed from its canonical decomposition and stays as it is composed") {
    for (const test::VietnameseLetter& letter : test::vietnamese_letters) {
        CAPTURE(letter.composed);
        CHECK(cleaned(letter.decomposed) == letter.composed);
        CHECK(cleaned(letter.composed) == letter.composed);
    }
}

TEST_CASE("Text: marks of different classes compose in any order, and partly composed letters too") {
    CHECK(cleaned("e\u0323\u0302") == "ệ");  // canonical order
    CHECK(cleaned("e\u0302\u0323") == "ệ");  // canonically equivalent
    CHECK(cleaned("ê\u0323") == "ệ");
    CHECK(cleaned("ẹ\u0302") == "ệ");
    CHECK(cleaned("ư\u0323") == "ự");
    CHECK(cleaned("ụ\u031b") == "ự");
    CHECK(cleaned("a\u0340") == "à");  // the old tone marks
    CHECK(cleaned("a\u0341") == "á");
    CHECK(cleaned("Nguye\u0302\u0303n Thi\u0323 A\u0301nh") == "Nguyễn Thị Ánh");
    CHECK(cleaned("Franc\u0327ois Dvor\u030ca\u0301k") == "François Dvořák");
    CHECK(cleaned("и\u0306 ε\u0301") == "й έ");
}

TEST_CASE("Text: marks that make no single letter are refused") {
    for (const std::string_view text : {
             "x\u0301",        // no such letter
             "e\u0301\u0302",  // not equivalent to the letter with circumflex and acute
             "\u0301a",        // nothing before it
             "a \u0301",       // a space before it
             "a\u0301\u0301",  // twice
             "a\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308",
             "a\u0338",  // a mark no letter is composed with
         }) {
        CAPTURE(text);
        const Result<std::u32string> clean = clean_text(field, text);
        REQUIRE_FALSE(clean.has_value());
        CHECK(clean.error().code == Errc::unsupported);
        CHECK(clean.error().detail_text().starts_with("customer_name has combining mark U+03"));
    }
}

TEST_CASE("Text: what must not be in a name is refused, naming field and character") {
    struct Case {
        std::string text;
        Errc code;
        std::string_view detail;
    };
    const std::vector<Case> cases{
        {"a\xff", Errc::malformed, "customer_name is not UTF-8"},
        {"a\xc3", Errc::malformed, "customer_name is not UTF-8"},
        {"\xc0\xaf", Errc::malformed, "customer_name is not UTF-8"},
        {"\xed\xa0\x80", Errc::malformed, "customer_name is not UTF-8"},
        {std::string("a\0b", 3), Errc::malformed, "customer_name has control character U+0000"},
        {"a\nb", Errc::malformed, "customer_name has control character U+000A"},
        {"a\x1b[31m", Errc::malformed, "customer_name has control character U+001B"},
        {"a\x7f", Errc::malformed, "customer_name has control character U+007F"},
        {"a\u0085", Errc::malformed, "customer_name has control character U+0085"},
        {"a\u200bb", Errc::malformed, "customer_name has U+200B, which must not be in it"},
        {"a\u202eb", Errc::malformed, "customer_name has U+202E, which must not be in it"},
        {"a\u2066b", Errc::malformed, "customer_name has U+2066, which must not be in it"},
        {"\ufeffab", Errc::malformed, "customer_name has U+FEFF, which must not be in it"},
        {"a\u00adb", Errc::malformed, "customer_name has U+00AD, which must not be in it"},
        {"a\u2028b", Errc::malformed, "customer_name has U+2028, which must not be in it"},
        {"Nguy\ufffdn", Errc::malformed, "customer_name has U+FFFD, which must not be in it"},
        {"a\U000e0041", Errc::malformed, "customer_name has U+E0041, which must not be in it"},
        {std::string(21, 'a'), Errc::malformed, "customer_name is longer than 20 characters"},
        {std::string(100000, 'a'), Errc::malformed, "customer_name is longer than 20 characters"},
        {"محمد", Errc::unsupported, "customer_name has U+0645, of a script that tickets cannot set"},
        {"שלום", Errc::unsupported, "customer_name has U+05E9, of a script that tickets cannot set"},
        {"สวัสดี", Errc::unsupported, "customer_name has U+0E2A, of a script that tickets cannot set"},
        {"नमस्ते", Errc::unsupported, "customer_name has U+0928, of a script that tickets cannot set"},
        {"\ue000", Errc::unsupported, "customer_name has U+E000, of a script that tickets cannot set"},
        {"\U0010ffff", Errc::unsupported, "customer_name has U+10FFFF, of a script that tickets cannot set"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.detail);
        const Result<std::u32string> clean = clean_text(field, c.text);
        REQUIRE_FALSE(clean.has_value());
        CHECK(clean.error().code == c.code);
        CHECK(clean.error().detail_text() == c.detail);
    }
}

TEST_CASE("Text: spaces at the ends and variation selectors go, the rest stays, and length counts what is left") {
    CHECK(cleaned("  Lan  Anh ") == "Lan  Anh");
    CHECK(cleaned("   ").empty());
    CHECK(cleaned("Tết \u2764\ufe0f") == "Tết \u2764");
    CHECK(cleaned("漢字 한국 Ελλάς Мы 😀 𝓛") == "漢字 한국 Ελλάς Мы 😀 𝓛");
    std::string decomposed;
    for (int i = 0; i < 20; ++i) decomposed += "e\u0302\u0323";
    CHECK(clean_text(field, decomposed)->size() == 20);
}

TEST_CASE("Labels: dates are written the language's way") {
    const LocalTime time{.year = 2025, .month = 11, .day = 21, .hour = 15, .minute = 4, .second = 59, .weekday = 5};
    CHECK(ticket::event_time(time, Language::vi) == "Thứ Sáu, 21/11/2025, 15:04");
    CHECK(ticket::event_time(time, Language::en) == "Friday, 21 November 2025, 15:04");
    LocalTime sunday = time;
    sunday.weekday = 0;
    sunday.day = 3;
    sunday.month = 1;
    sunday.hour = 0;
    CHECK(ticket::event_time(sunday, Language::vi) == "Chủ Nhật, 03/01/2025, 00:04");
    CHECK(ticket::event_time(sunday, Language::en) == "Sunday, 3 January 2025, 00:04");
}
