#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/request.hpp>

using namespace ticketbottle;

namespace {

/// The value, or a Request whose body says why there is none.
Request read(std::string_view event) {
    const auto request = request_from_invocation(event);
    REQUIRE_MESSAGE(request.has_value(), std::string(request.has_error() ? request.error().detail_text() : ""));
    return *request;
}

void check_refused(std::string_view event, std::string_view why) {
    CAPTURE(event.substr(0, 200));
    const auto request = request_from_invocation(event);
    REQUIRE(!request.has_value());
    CHECK(request.error().code == Errc::malformed);
    CHECK(request.error().detail_text().find(why) != std::string_view::npos);
}

}  // namespace

TEST_CASE("Request: a header is found in any case, and a repeated one is joined in order") {
    Request request;
    request.headers = {{"Stripe-Signature", "a"}, {"X-Other", "no"}, {"STRIPE-SIGNATURE", "b"}};
    CHECK(request.header("stripe-signature") == "a,b");
    CHECK(request.header("x-other") == "no");
    CHECK(request.header("absent").empty());
    CHECK(request.header("Stripe-Signatur").empty());
}

TEST_CASE("Invocation: payload format 2.0 becomes the HTTP request inside it") {
    const Request request = read(R"({"version":"2.0","routeKey":"$default","rawPath":"/prod/webhook/vnpay",
        "rawQueryString":"vnp_A=1%20&b=+","cookies":["a=1","b=2"],
        "headers":{"content-type":"application/json","x-many":"1,2"},"queryStringParameters":{"vnp_A":"1 ","b":" "},
        "requestContext":{"http":{"method":"POST","path":"/other"}},"body":"{\"a\":\"\u00e9\"}","isBase64Encoded":false})");
    CHECK(request.method == "POST");
    CHECK(request.path == "/prod/webhook/vnpay");
    CHECK(request.query == "vnp_A=1%20&b=+");
    CHECK(request.header("Content-Type") == "application/json");
    CHECK(request.header("X-Many") == "1,2");
    CHECK(request.header("Cookie") == "a=1; b=2");
    CHECK(request.body == "{\"a\":\"\xc3\xa9\"}");
}

TEST_CASE("Invocation: payload format 1.0 gives every header value and encodes the decoded query again") {
    const Request request = read(R"({"resource":"/{p+}","path":"/webhook/vnpay","httpMethod":"GET",
        "headers":{"X-A":"2"},"multiValueHeaders":{"X-A":["1","2"]},
        "queryStringParameters":{"k":"last"},"multiValueQueryStringParameters":{"vnp_Info":["V\u00e9 & b\u00e1nh*~"],"k":["first","last"]},
        "requestContext":{"path":"/prod/webhook/vnpay"},"body":null,"isBase64Encoded":false})");
    CHECK(request.method == "GET");
    CHECK(request.path == "/webhook/vnpay");
    CHECK(request.header("x-a") == "1,2");
    CHECK(request.query == "vnp_Info=V%C3%A9+%26+b%C3%A1nh*%7E&k=first&k=last");
    CHECK(request.body.empty());
}

TEST_CASE("Invocation: without multi-value maps the single-value ones are read") {
    const Request request =
        read(R"({"path":"","httpMethod":"POST","headers":{"A":"1","B":null},"multiValueHeaders":null,
        "queryStringParameters":{"q":"a b"},"multiValueQueryStringParameters":null,"body":"x"})");
    CHECK(request.path == "/");
    CHECK(request.headers.size() == 1);
    CHECK(request.query == "q=a+b");
    CHECK(request.body == "x");
}

TEST_CASE("Invocation: a load balancer's query is left as it came") {
    const Request request =
        read(R"({"requestContext":{"elb":{"targetGroupArn":"arn:fake"}},"httpMethod":"GET","path":"/w",
        "queryStringParameters":{"a":"x%20y"},"headers":{},"body":"","isBase64Encoded":false})");
    CHECK(request.query == "a=x%20y");
}

TEST_CASE("Invocation: a base64 body gives its exact bytes") {
    const Request request = read(R"({"httpMethod":"POST","path":"/w","body":"AP/+Cg==","isBase64Encoded":true})");
    CHECK(request.body == std::string("\x00\xff\xfe\n", 4));
    check_refused(R"({"httpMethod":"POST","path":"/w","body":"AP/+Cg","isBase64Encoded":true})", "base64");
    check_refused(R"({"httpMethod":"POST","path":"/w","body":"AP/+Cg==","isBase64Encoded":"true"})", "isBase64Encoded");
}

TEST_CASE("Invocation: an EventBridge envelope is kept whole, without an HTTP method") {
    for (const std::string_view event :
         {R"({"version":"0","detail-type":"checkout.session.completed","source":"x","detail":{}})",
          R"({"source":"aws.partner/stripe.com/ed_1","detail":{"a":1}})", R"({"source":"stripe.com","detail":null})",
          R"({"source":"aws.events"})", R"({"detail":{"id":"evt_1"}})"}) {
        const Request request = read(event);
        CHECK(request.method == "INVOKE");
        CHECK(request.path.empty());
        CHECK(request.headers.empty());
        CHECK(request.body == event);
    }
}

TEST_CASE("Invocation: a client cannot make its HTTP request look like an event without HTTP") {
    check_refused(R"({"httpMethod":"INVOKE","path":"/w","body":"{}"})", "not an HTTP method");
    check_refused(R"({"version":"2.0","rawPath":"","requestContext":{"http":{"method":"INVOKE"}},"body":"{}"})",
                  "not an HTTP method");
    // The client's own words stand in body, headers and query only.
    const Request request =
        read(R"({"httpMethod":"POST","path":"/w","headers":{"detail-type":"x","source":"stripe.com"},
        "body":"{\"detail-type\":\"x\",\"source\":\"stripe.com\",\"detail\":{}}"})");
    CHECK(request.method == "POST");
    CHECK(request.path == "/w");
}

TEST_CASE("Invocation: what is neither kind of event is refused") {
    check_refused("", "event");
    check_refused("not json", "syntax error");
    check_refused("[]", "not a JSON object");
    check_refused("{}", "neither");
    check_refused(R"({"Records":[{"body":"x"}]})", "neither");
    check_refused(R"({"httpMethod":"POST"})", "neither");
    check_refused(R"({"httpMethod":7,"path":"/w"})", "neither");
    check_refused(R"({"httpMethod":"POST","path":"/w","body":{"a":1}})", "body: not a string");
    check_refused(R"({"httpMethod":"POST","path":"/w","headers":{"a":1}})", "headers");
    check_refused(R"({"httpMethod":"POST","path":"/w","multiValueHeaders":{"a":[1]}})", "headers");
    check_refused(R"({"httpMethod":"GET","path":"/w","queryStringParameters":{"a":{}}})", "queryStringParameters");
    check_refused(R"({"httpMethod":"GET","path":"/w","cookies":[1]})", "cookies");
    check_refused(R"({"httpMethod":"GET","path":"/w","path":"/v"})", "duplicate");
}

TEST_CASE("Invocation: a body at the limit passes, one byte more does not") {
    const std::string at_limit(callback_body_bytes_max, 'a');
    const std::string head = R"({"httpMethod":"POST","path":"/w","body":")";
    CHECK(read(head + at_limit + "\"}").body.size() == callback_body_bytes_max);
    check_refused(head + at_limit + "a\"}", "longer than 256 KiB");
    check_refused(R"({"detail":{},"x":")" + at_limit + "\"}", "longer than 256 KiB");
    check_refused(head + std::string(proxy_event_bytes_max, 'a') + "\"}", "longer than 1048576 bytes");
}
