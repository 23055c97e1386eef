#include <doctest/doctest.h>

#include <array>
#include <string>
#include <ticketbottle/gateway/reply.hpp>

using namespace ticketbottle;

namespace {

/// "<status> <body>", body left out if there is none.
std::string shown(const Reply& reply) {
    CHECK(reply.content_type == (reply.body.empty() ? "" : "application/json"));
    return std::to_string(reply.http_status) + (reply.body.empty() ? "" : " " + reply.body);
}

/// In the order of Situation.
using Row = std::array<const char*, situation_count>;

void check_row(Gateway gateway, const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto situation = static_cast<Situation>(i);
        CAPTURE(to_string(gateway));
        CAPTURE(to_string(situation));
        CHECK(shown(reply(gateway, situation)) == row[i]);
    }
}

}  // namespace

TEST_CASE("Reply: every gateway's answer to every situation is the one it documents") {
    //                            applied | duplicate | unknown | may appear | amount | bad signature | malformed |
    //                            transient | not for us
    check_row(Gateway::zalopay, {R"(200 {"return_code":1,"return_message":"success"})",
                                 R"(200 {"return_code":2,"return_message":"duplicate"})",
                                 R"(200 {"return_code":-1,"return_message":"order not found"})",
                                 R"(200 {"return_code":0,"return_message":"order not found yet"})",
                                 R"(200 {"return_code":-1,"return_message":"amount mismatch"})",
                                 R"(200 {"return_code":-1,"return_message":"mac not equal"})",
                                 R"(200 {"return_code":-1,"return_message":"malformed callback"})",
                                 R"(200 {"return_code":0,"return_message":"temporary failure"})",
                                 R"(200 {"return_code":1,"return_message":"ignored"})"});
    check_row(Gateway::payos, {R"(200 {"success":true})", R"(200 {"success":true})", R"(200 {"success":true})",
                               R"(500 {"success":false})", R"(200 {"success":true})", R"(400 {"success":false})",
                               R"(400 {"success":false})", R"(500 {"success":false})", R"(200 {"success":true})"});
    check_row(
        Gateway::vnpay,
        {R"(200 {"RspCode":"00","Message":"Confirm Success"})",
         R"(200 {"RspCode":"02","Message":"Order already confirmed"})",
         R"(200 {"RspCode":"01","Message":"Order not found"})", R"(200 {"RspCode":"01","Message":"Order not found"})",
         R"(200 {"RspCode":"04","Message":"Invalid amount"})", R"(200 {"RspCode":"97","Message":"Invalid signature"})",
         R"(200 {"RspCode":"99","Message":"Unknown error"})", R"(200 {"RspCode":"99","Message":"Unknown error"})",
         R"(200 {"RspCode":"01","Message":"Order not found"})"});
    check_row(Gateway::stripe, {R"(200 {"received":true})", R"(200 {"received":true})", R"(200 {"received":true})",
                                R"(500 {"received":false})", R"(200 {"received":true})", R"(400 {"received":false})",
                                R"(400 {"received":false})", R"(500 {"received":false})", R"(200 {"received":true})"});
    check_row(Gateway::stripe_eventbridge, {"200", "200", "200", "500", "200", "400", "400", "500", "200"});
    check_row(Gateway::momo, {"204", "204", "204", "500", "204", "400", "400", "500", "204"});
    check_row(Gateway::standard_webhooks, {"200", "200", "200", "500", "200", "400", "400", "500", "200"});
}

TEST_CASE("Reply: ZaloPay's unrelated callbacks are refused when set so, and nothing else changes") {
    const ReplyOptions refuse{ZaloPayUnrelated::refuse};
    CHECK(shown(reply(Gateway::zalopay, Situation::not_for_us, refuse)) ==
          R"(200 {"return_code":-1,"return_message":"unsupported callback"})");
    CHECK(reply(Gateway::zalopay, Situation::applied, refuse).body == reply(Gateway::zalopay, Situation::applied).body);
    CHECK(reply(Gateway::payos, Situation::not_for_us, refuse).http_status == 200);
}

TEST_CASE("Reply: each refusal is a situation, and our own fault asks for a retry") {
    struct Case {
        Reason reason;
        Situation situation;
        Errc code;
    };
    for (const Case& row : {Case{Reason::missing_signature, Situation::bad_signature, Errc::unauthentic},
                            Case{Reason::bad_signature, Situation::bad_signature, Errc::unauthentic},
                            Case{Reason::malformed_body, Situation::malformed, Errc::malformed},
                            Case{Reason::malformed_header, Situation::malformed, Errc::malformed},
                            Case{Reason::duplicate_key, Situation::malformed, Errc::malformed},
                            Case{Reason::missing_field, Situation::malformed, Errc::malformed},
                            Case{Reason::bad_amount, Situation::malformed, Errc::malformed},
                            Case{Reason::bad_order_code, Situation::malformed, Errc::malformed},
                            Case{Reason::unsupported_type, Situation::not_for_us, Errc::unsupported},
                            Case{Reason::unsupported_value, Situation::malformed, Errc::unsupported},
                            Case{Reason::account_mismatch, Situation::not_for_us, Errc::unauthentic},
                            Case{Reason::untrusted_source, Situation::bad_signature, Errc::unauthentic},
                            Case{Reason::timestamp_expired, Situation::bad_signature, Errc::unauthentic},
                            Case{Reason::timestamp_future, Situation::bad_signature, Errc::unauthentic},
                            Case{Reason::config_error, Situation::transient_error, Errc::invalid_argument}}) {
        CAPTURE(to_string(row.reason));
        CHECK(to_string(situation_of(row.reason)) == to_string(row.situation));
        CHECK(to_errc(row.reason) == row.code);
        CHECK(to_string(row.reason) != "unknown");
    }
}

TEST_CASE("Verdict: asking a refusal for its value names the reason") {
    const Verdict refused = Rejection{Reason::bad_amount, "amount: not above zero"};
    CHECK_THROWS_WITH_AS((void)refused.value(), "no verdict: bad_amount: amount: not above zero", BadResultAccess);
}

TEST_CASE("to_proxy_reply: the four members, the content type only where there is one, other headers after it") {
    CHECK(to_proxy_reply({200, "application/json", R"({"return_code":1})"}) ==
          R"({"statusCode":200,"headers":{"Content-Type":"application/json"},"body":"{\"return_code\":1}","isBase64Encoded":false})");
    CHECK(to_proxy_reply({204, "", ""}) == R"({"statusCode":204,"headers":{},"body":"","isBase64Encoded":false})");
    const std::vector<Header> headers{{"Vary", "Origin"}};
    CHECK(to_proxy_reply({200, "", "x"}, headers) == R"({"statusCode":200,"headers":{"Vary":"Origin"},"body":"x","isBase64Encoded":false})");
}
