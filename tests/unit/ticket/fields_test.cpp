#include <doctest/doctest.h>

#include <qrcodegen/qrcodegen.hpp>
#include <string>
#include <ticketbottle/ticket/ticket.hpp>
#include <utility>
#include <vector>

#include "ticket/qr.hpp"

using namespace ticketbottle;

TEST_CASE("Object key: ids are path parts that stay where they are put") {
    CHECK(ticket_object_key("TB-LTDTNL-20251213-8D39986M", "tck_1.a").value() ==
          "tickets/TB-LTDTNL-20251213-8D39986M/tck_1.a.pdf");
    CHECK(ticket_object_key(std::string(128, 'a'), "t").has_value());
    for (const std::string& id :
         {std::string(), std::string("."), std::string(".."), std::string(".hidden"), std::string("a/b"),
          std::string("../x"), std::string("a\\b"), std::string("a b"), std::string("a\nb"), std::string("a\0b", 3),
          std::string("vé"), std::string("a%2f"), std::string(129, 'a')}) {
        CAPTURE(id);
        for (const auto& [order, ticket] : {std::pair(id, std::string("t")), std::pair(std::string("o"), id)}) {
            const Result<std::string> key = ticket_object_key(order, ticket);
            REQUIRE_FALSE(key.has_value());
            CHECK(key.error().code == Errc::malformed);
            CHECK(key.error().detail_text().starts_with(order == id ? "order_code" : "ticket_id"));
        }
    }
}

TEST_CASE("QR URL: the code is percent-encoded and joins whatever query there is") {
    const auto url = [](std::string_view base, std::string_view code) { return ticket_qr_url(base, code).value(); };
    CHECK(url("https://t.example/v", "abc-._~XYZ019") == "https://t.example/v?code=abc-._~XYZ019");
    CHECK(url("https://t.example/v", "a b&c=ư/?#%+") == "https://t.example/v?code=a%20b%26c%3D%C6%B0%2F%3F%23%25%2B");
    CHECK(url("https://t.example/v?lang=vi", "x") == "https://t.example/v?lang=vi&code=x");
    CHECK(url("https://t.example/v?", "x") == "https://t.example/v?code=x");
    CHECK(url("https://t.example/v?a=1&", "x") == "https://t.example/v?a=1&code=x");
    CHECK(url("http://localhost:8080", "x") == "http://localhost:8080?code=x");
}

TEST_CASE("QR URL: bad bases and codes are refused") {
    for (const std::string& base :
         {std::string(), std::string("t.example/v"), std::string("ftp://t.example"), std::string("javascript:alert(1)"),
          std::string("https://"), std::string("https:///v"), std::string("https://t.example/ v"),
          std::string("https://t.example/é"), std::string("https://t.example/v#x"),
          "https://t.example/" + std::string(300, 'a')}) {
        CAPTURE(base);
        CHECK(ticket_qr_url(base, "x").error().code == Errc::invalid_argument);
    }
    for (const std::string& code : {std::string(), std::string("a\nb"), std::string("a\xff"), std::string(513, 'a'),
                                    std::string(200, ' ')}) {  // three bytes each when encoded
        CAPTURE(code);
        CHECK(ticket_qr_url("https://t.example/v", code).error().code == Errc::malformed);
    }
    CHECK(ticket_qr_url("https://t.example/v", std::string(512 - 25, 'a')).value().size() == 512);
    CHECK_FALSE(ticket_qr_url("https://t.example/v", std::string(512 - 24, 'a')).has_value());
}

TEST_CASE("QR: the rectangles cover exactly the dark modules, once, at level H") {
    for (const std::size_t length : {1u, 30u, 100u, 512u}) {
        CAPTURE(length);
        const std::string text(length, 'k');
        const Result<ticket::QrDrawing> drawing = ticket::draw_qr(text);
        REQUIRE(drawing.has_value());
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        const auto expected = qrcodegen::QrCode::encodeSegments({qrcodegen::QrSegment::makeBytes(bytes)},
                                                                qrcodegen::QrCode::Ecc::HIGH, 1, 40, 2, false);
        REQUIRE(drawing->side == expected.getSize());
        std::vector<int> covered(static_cast<std::size_t>(drawing->side * drawing->side), 0);
        for (const ticket::QrRectangle& r : drawing->dark) {
            for (int y = r.y; y < r.y + r.height; ++y) {
                for (int x = r.x; x < r.x + r.width; ++x) ++covered.at(static_cast<std::size_t>(y * drawing->side + x));
            }
        }
        int dark = 0;
        for (int y = 0; y < drawing->side; ++y) {
            for (int x = 0; x < drawing->side; ++x) {
                const int wanted = expected.getModule(x, y) ? 1 : 0;
                dark += wanted;
                REQUIRE(covered[static_cast<std::size_t>(y * drawing->side + x)] == wanted);
            }
        }
        CHECK(drawing->dark.size() < static_cast<std::size_t>(dark) * 2 / 3);  // merged
    }
    CHECK(ticket::draw_qr(std::string(2000, 'k')).error().code == Errc::malformed);
}
