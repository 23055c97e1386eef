#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <ticketbottle/aws/sigv4.hpp>

#include "core/json.hpp"
#include "support/command.hpp"

using namespace ticketbottle;

namespace {

const TimePoint now = parse_iso8601("2015-08-30T12:36:00Z").value();
// The names and the key of AWS's own published examples: nobody's.
const aws::Credentials credentials{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret()};

std::string authorization(const OutgoingRequest& request, const std::string& service = "service",
                          const aws::Credentials& by = credentials) {
    const auto made = aws::sign(request, by, {"us-east-1", service}, now);
    REQUIRE_MESSAGE(made.has_value(), to_string(made.error()));
    REQUIRE(made->headers.back().name == "Authorization");
    return made->headers.back().value;
}

std::string signature(const OutgoingRequest& request, const std::string& service = "service") {
    const std::string text = authorization(request, service);
    return text.substr(text.find("Signature=") + 10);
}

const std::string host = "https://example.amazonaws.com";

}  // namespace

TEST_CASE("SigV4: AWS's published examples come out to the byte") {
    CHECK(authorization({"GET", host + "/", {}, ""}) ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
          "SignedHeaders=host;x-amz-date, "
          "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");  // get-vanilla
    CHECK(signature({"POST", host, {}, ""}) ==
          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");  // post-vanilla
    CHECK(signature({"GET", host + "/?Param2=value2&Param1=value1", {}, ""}) ==
          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");  // get-vanilla-query-order-key-case
    CHECK(signature({"POST", host + "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, "Param1=value1"}) ==
          "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");  // post-x-www-form-urlencoded
    // The worked example of the documentation: IAM, ListUsers.
    CHECK(signature({"GET",
                     "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
                     {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                     ""},
                    "iam") == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("SigV4: agrees with botocore, where Python has it") {
    const std::string script =
        "import sys,json\n"
        "try:\n"
        "  import botocore.auth,botocore.awsrequest,botocore.credentials,datetime\n"
        "except ImportError:\n"
        "  sys.exit(77)\n"
        "import logging\n"
        "given=json.load(sys.stdin)\n"
        "at=datetime.datetime(2015,8,30,12,36,0)\n"
        "class Then(datetime.datetime):\n"
        "  @classmethod\n"
        "  def utcnow(cls): return at\n"
        "  @classmethod\n"
        "  def now(cls,tz=None): return at.replace(tzinfo=tz)\n"
        "botocore.auth.datetime=type('m',(),{'datetime':Then,'timezone':datetime.timezone})() if "
        "hasattr(botocore.auth.datetime,'datetime') else Then\n"
        "if hasattr(botocore.auth,'get_current_datetime'): botocore.auth.get_current_datetime=lambda "
        "remove_tzinfo=True: at\n"
        "r=botocore.awsrequest.AWSRequest(method=given['method'],url=given['url'],data=given['body'].encode(),headers={"
        "'Content-Type':given['type']})\n"
        "botocore.auth.SigV4Auth(botocore.credentials.Credentials('AKIDEXAMPLE',given['key'],given['token'] or "
        "None),'sns','eu-central-1').add_auth(r)\n"
        "print(r.headers['Authorization'],end='')\n";
    const aws::Credentials temporary{"AKIDEXAMPLE", credentials.secret_access_key,
                                     Secret("FwoGZXIvYXdzEXAMPLEtoken//////////wE=")};
    for (const std::string token : {"", "FwoGZXIvYXdzEXAMPLEtoken//////////wE="}) {
        const std::string type = "application/x-www-form-urlencoded; charset=utf-8";
        const std::string url = "https://sns.eu-central-1.amazonaws.com/a%20b/c?x=1%2F2&x=0&b";
        const std::string body = "Action=Publish&Message=%F0%9F%8E%AB+%26&Version=2010-03-31";
        std::string given;
        json::ObjectWriter out(given);
        out.string("method", "POST");
        out.string("url", url);
        out.string("body", body);
        out.string("type", type);
        out.string("key", credentials.secret_access_key.expose());
        out.string("token", token);
        out.finish();
        const auto judge = test::run({"python3", "-c", script}, given);
        if (judge.exit_code == 77) {
            MESSAGE("Python has no botocore: AWS's published examples alone were judges");
            return;
        }
        REQUIRE_MESSAGE(judge.exit_code == 0, judge.err);
        const auto made = aws::sign({"POST", url, {{"Content-Type", type}}, body},
                                    token.empty() ? credentials : temporary, {"eu-central-1", "sns"}, now);
        CHECK(made.value().headers.back().value == judge.out);
    }
}

TEST_CASE("SigV4: what could be read in two ways is not signed, and no error tells a key") {
    const auto fault = [](const OutgoingRequest& request, const aws::Credentials& by = credentials,
                          const aws::Scope& scope = {"us-east-1", "sns"}) {
        const auto made = aws::sign(request, by, scope, now);
        return made.has_value() ? std::string("signed") : to_string(made.error());
    };
    CHECK(fault({"GET", host, {}, ""}) == "signed");
    for (const char* url : {"", "ftp://x/", "https://", "https://a@b/", "https://x/#f", "https://x/a//b",
                            "https://x/a/../b", "https://x/..", "https://x/a b", "https://x/\xC3\xA9"})
        CHECK_MESSAGE(fault({"GET", url, {}, ""}).starts_with("aws.sign: invalid_argument: url: "), url);
    for (const Header& header : std::vector<Header>{
             {"host", "x"}, {"AUTHORIZATION", "x"}, {"X-Amz-Date", "x"}, {"a b", "x"}, {"a", "x\r\ny"}, {"", "x"}})
        CHECK(fault({"GET", host, {header}, ""}).starts_with("aws.sign: invalid_argument: headers: "));
    for (const aws::Credentials& by : std::vector<aws::Credentials>{{"", Secret("k"), {}},
                                                                    {"A/B", Secret("k"), {}},
                                                                    {"A", Secret(), {}},
                                                                    {"A", Secret("PRIVATE\n"), {}},
                                                                    {"A", Secret("k"), Secret("PRIVATE\n")}}) {
        const std::string told = fault({"GET", host, {}, ""}, by);
        CHECK(told.starts_with("aws.sign: invalid_argument: "));
        CHECK(told.find("PRIVATE") == std::string::npos);
    }
    CHECK(fault({"GET", host, {}, ""}, credentials, {"eu/1", "sns"}) != "signed");
    CHECK(fault({"GET", host, {}, ""}, credentials, {"eu-1", ""}) != "signed");
}
