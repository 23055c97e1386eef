#include <ticketbottle/ports/object_store.hpp>

#include "conformance/object_store.hpp"

#include <doctest/doctest.h>

namespace ticketbottle {
namespace {

std::string refusal(std::string_view key) {
    const Result<void> checked = check_object_key(key);
    return checked.has_value() ? "" : std::string(checked.error().detail_text());
}

TEST_CASE("check_object_key: every hostile key is refused, and the error does not repeat it") {
    for (const std::string& key : conformance::hostile_keys()) {
        CAPTURE(key);
        const Result<void> checked = check_object_key(key);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        if (key.size() > 4) CHECK(to_string(checked.error()).find(key) == std::string::npos);
    }
}

TEST_CASE("check_object_key: says which rule is broken") {
    CHECK(refusal("").find("empty") != std::string::npos);
    CHECK(refusal("a/../b").find("\"..\"") != std::string::npos);
    CHECK(refusal("a//b").find("empty segment") != std::string::npos);
    CHECK(refusal("a\\b").find("backslash") != std::string::npos);
    CHECK(refusal("a\x01").find("control") != std::string::npos);
    CHECK(refusal(".tkb").find(".tkb") != std::string::npos);
    CHECK(refusal(std::string(256, 'x')).find("255") != std::string::npos);
    CHECK(refusal(std::string(1025, 'x')).find("1024") != std::string::npos);
}

TEST_CASE("check_object_key: limits are inclusive") {
    CHECK(refusal(std::string(255, 'x')) == "");
    std::string longest = std::string(255, 'a');
    for (int i = 0; i < 3; ++i) longest += "/" + std::string(255, 'b');
    REQUIRE(longest.size() == 1023);
    CHECK(refusal(longest) == "");
    longest = std::string(254, 'a') + longest.substr(255) + "/c";
    REQUIRE(longest.size() == 1024);
    CHECK(refusal(longest) == "");
    CHECK(refusal(longest + "c") != "");
    for (const char* key : {"a", "...", "a/b/c", ".a", "tkb", "a.tkb", "\xE1\xBB\x91", "a b", "\xC2\xA0"}) CHECK(refusal(key) == "");
}

TEST_CASE("check_object_attributes: metadata is limited to 2 KiB in all, inclusive") {
    ObjectAttributes attributes{"application/pdf", {{"a", std::string(1000, 'x')}, {"bc", std::string(1045, 'y')}}};
    CHECK(check_object_attributes(attributes).has_value());
    attributes.metadata["bc"] += 'y';
    CHECK(check_object_attributes(attributes).error().code == Errc::invalid_argument);
}

}  // namespace
}  // namespace ticketbottle
