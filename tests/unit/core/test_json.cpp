#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/json.hpp"

namespace json = ticketbottle::json;
using What = json::ParseError::What;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::string repeat(std::string_view part, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
}

std::string nested(std::size_t depth) { return repeat("[", depth) + repeat("]", depth); }

std::string rewritten(std::string_view text) {
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document.has_value(), text);
    std::string out;
    json::write(document->root(), out);
    return out;
}

What refusal(std::string_view text, const json::Limits& limits = {}) {
    const auto document = json::parse(text, limits);
    REQUIRE_MESSAGE(!document.has_value(), text);
    return document.error().what;
}

}  // namespace

TEST_CASE("Json: what RFC 8259 allows is accepted and written back compactly") {
    const struct {
        std::string_view text, written;
    } rows[] = {
        {"{}", "{}"},
        {" \t\r\n[ ]\n", "[]"},
        {"null", "null"},
        {"[true,false,null]", "[true,false,null]"},
        {R"({"a" : 1, "b" : [ {"c":""} ] })", R"({"a":1,"b":[{"c":""}]})"},
        {R"("\"\\\/\b\f\n\r\t\u001f")", R"("\"\\/\b\f\n\r\t\u001f")"},
        {R"("\u20ab \ud83d\ude00")", "\"\u20ab \U0001F600\""},
        {"\"\u0111\u1ed3ng\"", "\"\u0111\u1ed3ng\""},
        {R"({"\u0061\u0000":"x\u0000y"})", R"({"a\u0000":"x\u0000y"})"},
        {R"({"":{"":0}})", R"({"":{"":0}})"},
        {"\"\x7f\"", "\"\x7f\""},
    };
    for (const auto& row : rows) CHECK(rewritten(row.text) == row.written);
}

TEST_CASE("Json: anything else is a syntax error") {
    const std::string_view rows[] = {""sv,
                                     " "sv,
                                     "{"sv,
                                     "}"sv,
                                     "["sv,
                                     "[1,]"sv,
                                     "{,}"sv,
                                     R"({"a":1,})"sv,
                                     R"({"a"})"sv,
                                     R"({a:1})"sv,
                                     "{'a':1}"sv,
                                     "[1 2]"sv,
                                     "{} {}"sv,
                                     "{}x"sv,
                                     "nul"sv,
                                     "nullx"sv,
                                     "NULL"sv,
                                     "NaN"sv,
                                     "Infinity"sv,
                                     "-"sv,
                                     "+1"sv,
                                     "01"sv,
                                     "-01"sv,
                                     "1."sv,
                                     ".5"sv,
                                     "1e"sv,
                                     "1e+"sv,
                                     "0x10"sv,
                                     "1_000"sv,
                                     "[1"sv,
                                     "// c\n1"sv,
                                     "/* c */ 1"sv,
                                     "1 // c"sv,
                                     "\xef\xbb\xbf{}"sv,
                                     "\"a"sv,
                                     "\"\\\""sv,
                                     R"("\x")"sv,
                                     R"("\u12")"sv,
                                     R"("\u12G4")"sv,
                                     "\"\n\""sv,
                                     "\"\0\""sv,
                                     "{}\0"sv,
                                     "\0{}"sv,
                                     R"("\ud800")"sv,
                                     R"("\udc00")"sv,
                                     R"("\ud800\u0041")"sv,
                                     R"("\ud800\ud800")"sv,
                                     R"("\ud800x")"sv,
                                     "\"\xc0\xaf\""sv,
                                     "\"\xed\xa0\x80\""sv,
                                     "\"\xf5\x80\x80\x80\""sv,
                                     "\"\xff\""sv,
                                     "\"\xc3\""sv,
                                     "\"\xe2\x82\""sv,
                                     "{\"\xff\":1}"sv,
                                     "\xc2\xa0{}"sv,
                                     "\v1"sv};
    for (const std::string_view row : rows) {
        CAPTURE(row);
        CHECK(refusal(row) == What::syntax);
    }
}

TEST_CASE("Json: every cut of a document is refused") {
    const auto text = R"({"a":[1,-2.5e3,true,null,"x\u20ab\n"],"\u0062":{"c":"\ud83d\ude00"}})"s;
    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::string cut(text.data(), size);  // its own heap block: reading past its end shows
        CAPTURE(cut);
        CHECK(refusal(cut) == What::syntax);
    }
    CHECK(json::parse(text).has_value());
}

TEST_CASE("Json: depth 64 is the last accepted, and 3000 or 100000 levels are an error like 65") {
    CHECK(json::parse(nested(64)).has_value());
    CHECK(refusal(nested(65)) == What::too_deep);
    CHECK(refusal(nested(3000)) == What::too_deep);
    CHECK(refusal(repeat("[", 100000)) == What::too_deep);
    CHECK(refusal(repeat("{\"a\":", 3000)) == What::too_deep);
    CHECK(refusal("[[]]", {.depth_max = 1}) == What::too_deep);
    CHECK(json::parse("[1]", {.depth_max = 1}).has_value());
    CHECK(json::parse("[" + repeat("[],", 100) + "[]]", {.depth_max = 2}).has_value());  // siblings are not depth
}

TEST_CASE("Json: a text of bytes_max is accepted and one byte more is not") {
    const json::Limits limits{.bytes_max = 8};
    CHECK(json::parse("\"123456\"", limits).has_value());
    CHECK(refusal("\"1234567\"", limits) == What::too_long);
    CHECK(refusal(std::string(256 * 1024 + 1, ' ')) == What::too_long);
}

TEST_CASE("Json: a member name may occur once in an object, however it is spelled") {
    const std::string_view refused[] = {R"({"a":1,"a":1})",
                                        R"({"a":1,"\u0061":2})",
                                        R"({"\u0061":1,"a":2})",
                                        R"({"\u0061":1,"\u0061":2})",
                                        R"({"":1,"":2})",
                                        R"([{"x":{"b":1,"c":2,"b":3}}])",
                                        R"({"a\u0000":1,"a\u0000":2})",
                                        R"({"/":1,"\/":2})",
                                        R"({"a":{"b":1},"c":2,"a":{}})"};
    for (const std::string_view text : refused) {
        CAPTURE(text);
        CHECK(refusal(text) == What::duplicate_key);
    }
    const std::string_view accepted[] = {R"({"a":1,"A":2})",     R"({"a":{"a":{"a":1}}})",
                                         R"([{"a":1},{"a":2}])", R"({"a":1,"a\u0000":2})",
                                         R"({"a":"b","b":"a"})", "{\"\u00e9\":1,\"e\u0301\":2}"};
    for (const std::string_view text : accepted) CHECK_MESSAGE(json::parse(text).has_value(), text);
}

TEST_CASE("Json: duplicates are found in objects of every size, wherever they stand") {
    for (const std::size_t members : {2u, 15u, 16u, 17u, 18u, 100u, 5000u}) {
        std::string head = "{";
        for (std::size_t i = 0; i < members; ++i)
            head += (i ? ",\"common_prefix_" : "\"common_prefix_") + std::to_string(i) + "\":[0]";
        CAPTURE(members);
        CHECK(json::parse(head + "}").has_value());
        for (const std::size_t again : {std::size_t{0}, members / 2, members - 1}) {
            const auto text = head + ",\"common_prefix_" + std::to_string(again) + "\":1}";
            const auto document = json::parse(text);
            REQUIRE(!document.has_value());
            CHECK(document.error().what == What::duplicate_key);
            CHECK(document.error().offset == text.rfind("common"));
        }
    }
}

TEST_CASE("Json: names that differ only in length or in NUL bytes are different in large objects too") {
    std::string text = "{";
    for (std::size_t i = 0; i < 40; ++i) text += (i ? ",\"" : "\"") + repeat("\\u0000", i) + "\":0";
    CHECK(json::parse(text + "}").has_value());
    CHECK(refusal(text + ",\"\\u0000\":0}") == What::duplicate_key);
}

TEST_CASE("Json: the largest hostile object is refused, not sat upon") {
    std::string text = "{";
    while (text.size() < 256 * 1024 - 20) text += "\"" + std::to_string(text.size()) + "\":0,";
    CHECK(refusal(text + "\"x\":0,\"x\":1}") == What::duplicate_key);
    CHECK(json::parse(text + "\"x\":0}").has_value());
}

TEST_CASE("Json: an error says where, and nothing of the text") {
    const auto text_of = [](std::string_view text) { return json::parse(text).error().text; };
    CHECK(text_of("[1, secret]") == "byte 4: syntax error");
    CHECK(text_of(R"({"secret":1,"secret":2})") == "duplicate member name at byte 13");
    CHECK(text_of("{} secret") == "byte 3: syntax error");
    CHECK(json::parse(std::string(300000, '1')).error().text == "longer than 262144 bytes");
    CHECK(json::parse("[[1]]", {.depth_max = 1}).error().text == "nested too deeply at byte 1");
    CHECK_THROWS_AS((void)json::parse("?").value(), ticketbottle::BadResultAccess);
}

TEST_CASE("Json: a number is its token, at the end of the text and in the middle") {
    const std::string tokens[] = {"0",
                                  "-0",
                                  "7",
                                  "-7",
                                  "250000",
                                  "1.0",
                                  "1.50",
                                  "-0.0",
                                  "1e3",
                                  "1E+3",
                                  "1e-3",
                                  "123456789012345",
                                  "1234567890123456",
                                  "12345678901234567",
                                  "9223372036854775807",
                                  "9223372036854775808",
                                  "-9223372036854775808",
                                  "-9223372036854775809",
                                  "18446744073709551615",
                                  "18446744073709551616",
                                  "0.1234567890123456789012345",
                                  "1e400",
                                  "-1e400",
                                  "1e-400",
                                  "123456789012345678901234567890.5e10",
                                  "1.7976931348623159e308",
                                  "0e0",
                                  "0e2147483647",
                                  "1e2147483647",
                                  "1e-2147483647",
                                  "0." + std::string(400, '0') + "1",
                                  std::string(100000, '7'),
                                  "1" + std::string(50000, '0') + "." + std::string(50000, '3')};
    for (const std::string& token : tokens) {
        const std::string shown = token.substr(0, 40);
        CAPTURE(shown);
        const auto whole = json::parse(token);
        REQUIRE(whole.has_value());
        CHECK(whole->root().is(json::Kind::number));
        CHECK(whole->root().text() == token);
        CHECK(rewritten(token) == token);
        const auto text = "{\"n\":" + token + " ,\"m\":[" + token + "," + token + "]}";
        const auto inside = json::parse(text, {.bytes_max = 1'000'000});
        REQUIRE(inside.has_value());
        CHECK(inside->root()["n"].text() == token);
        for (const json::Value element : inside->root()["m"]) CHECK(element.text() == token);
    }
}

TEST_CASE("Json: an exponent past int is refused or kept, never a crash") {
    for (const std::string& token : {"1e2147483648"s, "1e-99999999999999999999"s, "1e" + std::string(100000, '9')}) {
        const auto document = json::parse(token);
        if (document.has_value()) {
            CHECK(document->root().text() == token);
        } else {
            CHECK(document.error().what == What::syntax);
        }
    }
}

TEST_CASE("Json: as_int64 takes integer tokens of int64 and nothing else") {
    const struct {
        std::string_view token;
        std::optional<std::int64_t> value;
    } rows[] = {{"0", 0},
                {"1", 1},
                {"-7", -7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"9223372036854775808", {}},
                {"-9223372036854775809", {}},
                {"18446744073709551615", {}},
                {"1.0", {}},
                {"1e3", {}},
                {"-0", {}},
                {"\"1\"", {}},
                {"true", {}},
                {"null", {}},
                {"[1]", {}}};
    for (const auto& row : rows) {
        CAPTURE(row.token);
        CHECK(json::parse(row.token)->root().as_int64() == row.value);
    }
}

TEST_CASE("Json: values are reached by name, by order and by kind, and a missing one is nowhere") {
    const auto text =
        R"({"s":"x","n":5,"b":true,"z":null,"a":[1,[2,3],{"k":4}],"o":{"p":{"q":"deep"}},"last":false})"sv;
    const auto document = json::parse(text);
    const json::Value root = document->root();
    CHECK(root.size() == 7);
    CHECK(root["s"].as_string() == "x"sv);
    CHECK(root["s"].as_bool() == std::nullopt);
    CHECK(root["n"].as_string() == std::nullopt);
    CHECK(root["b"].as_bool() == true);
    CHECK(root["last"].as_bool() == false);
    CHECK(root["z"].is(json::Kind::null));
    CHECK(root["a"].size() == 3);
    CHECK(root["o"]["p"]["q"].text() == "deep");
    CHECK(!root["p"]);  // of a child, not of the root
    CHECK(!root["missing"]["x"]["y"]);
    CHECK(!root["a"]["k"]);
    CHECK(!root["s"]["x"]);
    CHECK(root["missing"].size() == 0);
    CHECK(!root["missing"].as_string());
    CHECK(!root["missing"].as_int64());
    CHECK(!root["missing"].is(json::Kind::null));
    std::string keys;
    for (const json::Value member : root) keys += std::string(member.key()) + ",";
    CHECK(keys == "s,n,b,z,a,o,last,");
    std::vector<std::size_t> sizes;
    for (const json::Value element : root["a"]) sizes.push_back(element.size());
    CHECK(sizes == std::vector<std::size_t>{0, 2, 1});
    for ([[maybe_unused]] const json::Value none : root["missing"]) FAIL("a member of nowhere");
    for ([[maybe_unused]] const json::Value none : root["s"]) FAIL("a member of a string");
    CHECK(!json::Document().root());
}

TEST_CASE("Json: a string without escapes is a view of the input, and one with them survives a move") {
    const auto text = R"({"plain":"here","esc\n":"there\t\u20ab","empty":""})"s;
    auto document = json::parse(text);
    const std::string_view plain = document->root()["plain"].text();
    CHECK(plain.data() == text.data() + text.find("here"));
    json::Document moved = std::move(*document);
    CHECK(moved.root()["esc\n"].text() == "there\t\u20ab");
    CHECK(moved.root()["empty"].as_string() == ""sv);
    CHECK(moved.root()["plain"].text() == "here");
}

TEST_CASE("Json: a decoded string of any length is whole") {
    for (const std::size_t size : {0u, 1u, 2u, 2047u, 4090u, 4095u, 4096u, 4097u, 9000u, 20000u}) {
        for (const std::string_view escape : {R"(\n)"sv, R"(\u20ab)"sv, R"(\ud83d\ude00)"sv}) {
            const std::string spelled = std::string(size, 'x') + std::string(escape);
            const std::string text = "[\"" + spelled + spelled + "\",{\"" + spelled + "\":1}]";
            const std::string decoded = std::string(size, 'x') + (escape[1] == 'n'     ? "\n"
                                                                  : escape.size() == 6 ? "\u20ab"
                                                                                       : "\U0001F600");
            const auto document = json::parse(text);
            REQUIRE(document.has_value());
            CHECK((*document->root().begin()).text() == decoded + decoded);
            CHECK((*++document->root().begin())[decoded].as_int64() == 1);
        }
    }
}

TEST_CASE("Json: what is written parses to the same text again") {
    const std::string every = [] {
        std::string out;
        for (int c = 0; c < 128; ++c) out += static_cast<char>(c);
        return out + "\u0111\u20ab\U0001F600";
    }();
    std::string quoted;
    json::write_string(every, quoted);
    const auto document = json::parse(quoted);
    REQUIRE(document.has_value());
    CHECK(document->root().text() == every);
    CHECK(rewritten(quoted) == quoted);
}

TEST_CASE("ObjectWriter: members come in order, with their values escaped") {
    const auto inner = json::parse(R"({"k":[1.50,"v"]})");
    std::string out = "prefix ";
    json::ObjectWriter writer(out);
    writer.string("s\"", "a\nb");
    writer.integer("low", INT64_MIN);
    writer.integer("high", INT64_MAX);
    writer.boolean("yes", true);
    writer.boolean("no", false);
    writer.raw("raw", "[null]");
    writer.value("value", inner->root());
    writer.finish();
    CHECK(out == R"(prefix {"s\"":"a\nb","low":-9223372036854775808,"high":9223372036854775807,)"
                 R"("yes":true,"no":false,"raw":[null],"value":{"k":[1.50,"v"]}})");
    std::string empty;
    json::ObjectWriter(empty).finish();
    CHECK(empty == "{}");
}
