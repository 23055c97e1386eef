// Requests to the shop's endpoints. First line of the input: a path; second: an Origin; the rest: a body. Whatever they say, what is
// accepted keeps its limits, the buyer comes back to a front end of ours, and each answer is JSON that repeats nothing of them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/ports/mail_transport.hpp>

#include "checkout/request.hpp"
#include "core/json.hpp"
#include "support/scripted_desk.hpp"
#include "support/scripted_payment_store.hpp"

using namespace ticketbottle;
using namespace ticketbottle::checkout;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

class StandingClock final : public Clock {
public:
    TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1765612800000)); }
};

struct World {
    World() {
        CheckoutOptions options;
        options.origins = {"https://shop.example", "https://other.example"};
        options.check_in_token = Secret("EXAMPLE-door-token-1");
        handler = CheckoutHandler::make(desk, store, pages.calls(), clock, options).value();
    }
    test::Faults faults;
    test::ScriptedDesk desk{faults};
    test::ScriptedPages pages{faults};
    test::ScriptedPaymentStore store;
    StandingClock clock;
    std::unique_ptr<CheckoutHandler> handler;
};

std::string take_line(std::string& input) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    std::string line = input.substr(0, end);
    input.erase(0, std::min(end + 1, input.size()));
    return line;
}

void check_body(std::string_view body) {
    if (body.size() > checkout_body_bytes_max) return;
    (void)check_check_in_body(body);
    const auto read = read_checkout_body(body, 10);
    if (const auto* problem = std::get_if<BodyProblem>(&read)) {
        must(!problem->reason.empty() && !problem->text.empty());
        return;
    }
    const auto& good = std::get<CheckoutBody>(read);
    must(good.quantity >= 1 && good.quantity <= 10);
    must(good.code.size() <= discount_code_bytes_max && check_address(good.email).has_value());
    must(std::ranges::all_of(good.code, [](char c) { return c >= ' ' && c <= '~' && !(c >= 'a' && c <= 'z'); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string input(reinterpret_cast<const char*>(bytes), size);
    const std::string path = take_line(input);
    const std::string origin = take_line(input);
    check_body(input);
    must(one_line(input, 250).size() <= 1000);
    must(!is_origin(origin) || origin.find_first_of("/?#@\\ ", origin.find("://") + 3) == std::string::npos);

    World world;
    for (const std::string& where : {path, std::string("/events/7/tickets/3/checkout"), std::string("/events/7/ticket-orders/17/validate")}) {
        const Answer answer = world.handler->handle({"POST", where, "", {{"Origin", origin}, {"Authorization", origin}}, input}, {}, Deadline::never());
        const auto body = json::parse(answer.reply.body);
        must(body.has_value() && body->root()["success"].as_bool() == (answer.reply.http_status == 200));
        for (const Header& header : answer.headers) must(header.value.find_first_of("\r\n") == std::string::npos);
    }
    for (const auto& page : world.pages.asked) {
        must(page.success_url.starts_with("https://shop.example/events/") || page.success_url.starts_with("https://other.example/events/"));
        must(stripe::create_checkout_session(page, {.endpoint_secrets = {}, .mode = {}, .api_key = Secret("sk_test_EXAMPLE")}, world.clock.now()).has_value());
    }
    return 0;
}
