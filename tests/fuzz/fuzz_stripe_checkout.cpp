// Answers to the opening of a checkout session. First line of the input: the HTTP status; the rest: the body.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/stripe_checkout.hpp>

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_visible(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

const stripe::Config& config() {
    static const stripe::Config made{
        .endpoint_secrets = {}, .mode = stripe::Mode::test, .api_key = Secret("sk_test_fuzz")};
    return made;
}

stripe::CheckoutSessionRequest request() {
    stripe::CheckoutSessionRequest made;
    made.order_id = "17";
    made.unit_amount = 4900;
    made.currency = Currency::parse("EUR").value();
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    const std::size_t line_end = std::min(input.find('\n'), input.size());
    int status = 200;
    std::from_chars(input.data(), input.data() + line_end, status);
    const HttpAnswer answer{status, input.substr(std::min(line_end + 1, input.size()))};

    const auto session = stripe::parse_checkout_session(answer, config());
    if (session.has_value()) {
        must(status == 200 && session->id.starts_with("cs_") && is_visible(session->id));
        must(session->url.empty() || (session->url.starts_with("https://") && is_visible(session->url)));
        must(session->amount.minor_units >= 0 && session->expires_at > TimePoint());
    } else {
        const std::string told = to_string(session.error());
        must(told.size() < 600 && told.find('@') == std::string::npos && told.find('\n') == std::string::npos);
        must(session.error().code != Errc::internal && session.error().code != Errc::malformed);
    }
    const auto created = stripe::parse_created_session(answer, request(), config());
    must(!created.has_value() || (session.has_value() && created->order_id == "17" &&
                                  created->amount.minor_units == 4900 && !created->url.empty()));
    return 0;
}
