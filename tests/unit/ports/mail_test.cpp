#include <ticketbottle/ports/mail_transport.hpp>

#include "conformance/mail_transport.hpp"

#include <doctest/doctest.h>

namespace ticketbottle {
namespace {

TEST_CASE("check_address: every hostile address is refused, and the error does not repeat it") {
    for (const std::string& address : conformance::hostile_addresses()) {
        CAPTURE(address);
        const Result<void> checked = check_address(address);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        if (address.size() > 3) CHECK(to_string(checked.error()).find(address) == std::string::npos);
    }
}

TEST_CASE("check_address: addresses people have are taken, up to the limits") {
    const std::string longest_domain = std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    for (const std::string& address :
         {std::string("a@b"), std::string("first.last+tag@example.org"), std::string("!#$%&'*+-/=?^_`{|}~@example.org"),
          std::string("123@456.example"), std::string("a@xn--bcher-kva.example"), std::string("nguy\xE1\xBB\x85n@example.org"),
          std::string(64, 'a') + "@" + longest_domain, std::string("A.B@EXAMPLE.ORG")}) {
        CAPTURE(address);
        CHECK(check_address(address).has_value());
    }
    CHECK((std::string(64, 'a') + "@" + longest_domain).size() == 254);
    CHECK_FALSE(check_address(std::string(64, 'a') + "@" + longest_domain + "d").has_value());
}

TEST_CASE("check_mail: names the line that is wrong, not what is in it") {
    Mail mail = conformance::mail();
    mail.message = "Subject: x\r\n\r\nprivate words\nmore\r\n";
    const Result<void> checked = check_mail(mail);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().detail_text() == "line 3 ends with a bare CR or LF");
    mail.message = "a\r\n" + std::string(999, 'x');
    CHECK(check_mail(mail).error().detail_text() == "line 2 is over 998 bytes");
    mail.message = "a\r\n" + std::string(998, 'x');
    CHECK(check_mail(mail).has_value());
}

TEST_CASE("check_mail: 50 recipients and 255 bytes of key are allowed") {
    Mail mail = conformance::mail(std::string(255, 'k'));
    mail.recipients.assign(50, "a@example.org");
    CHECK(check_mail(mail).has_value());
}

}  // namespace
}  // namespace ticketbottle
