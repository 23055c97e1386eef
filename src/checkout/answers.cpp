#include "checkout/answers.hpp"

#include "core/format.hpp"
#include "core/json.hpp"

namespace ticketbottle::checkout {
namespace {

constexpr std::string_view retry_after_seconds = "5";
constexpr std::string_view preflight_seconds = "600";

Answer with_body(int http_status, std::string body) {
    Answer answer{{http_status, "application/json; charset=utf-8", std::move(body)}, {}};
    answer.headers.push_back({"Cache-Control", "no-store"});
    return answer;
}

std::string_view methods_of(Endpoint endpoint) noexcept {
    return endpoint == Endpoint::checkout ? "POST, OPTIONS" : "PATCH, POST, OPTIONS";
}

std::string_view sentence_of(NoSale why) noexcept {
    switch (why) {
        case NoSale::ticket_unknown:
            return "There is no such ticket.";
        case NoSale::ticket_inactive:
            return "This ticket is not on sale.";
        case NoSale::code_unknown:
            return "There is no such discount code.";
        case NoSale::code_not_yet_valid:
            return "This discount code is not valid yet.";
        case NoSale::code_expired:
            return "This discount code has expired.";
        case NoSale::code_used_up:
            return "This discount code has been used up.";
        case NoSale::amount_too_small:
            return "The amount is too small to be charged.";
        case NoSale::amount_too_large:
            return "The amount is too large to be charged.";
        case NoSale::none:
        case NoSale::not_enough:
            break;
    }
    return "The order cannot be made.";
}

}  // namespace

Answer refusal(int http_status, std::string_view reason, std::string_view sentence) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.boolean("success", false);
    writer.string("error", sentence);
    writer.string("reason", reason);
    writer.finish();
    return with_body(http_status, std::move(body));
}

Answer not_enough(std::int64_t left) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.boolean("success", false);
    writer.string("error", formatted("Only {} tickets available", left));
    writer.string("reason", to_string(NoSale::not_enough));
    writer.integer("available", left);
    writer.finish();
    return with_body(400, std::move(body));
}

Answer refused(const Reserved& reserved) {
    if (reserved.no_sale == NoSale::not_enough) return not_enough(reserved.tickets_left);
    const int http_status = reserved.no_sale == NoSale::ticket_unknown ? 404 : 400;
    return refusal(http_status, to_string(reserved.no_sale), sentence_of(reserved.no_sale));
}

Answer trouble(Side side, Errc code) {
    if (code == Errc::unavailable || code == Errc::cancelled || code == Errc::outcome_unknown) {
        Answer answer = refusal(503, "try_again", "This cannot be done right now; try again in a moment.");
        answer.headers.push_back({"Retry-After", std::string(retry_after_seconds)});
        return answer;
    }
    if (side == Side::pages) return refusal(502, "payment_page_refused", "The payment page could not be opened.");
    return refusal(500, "internal", "Something went wrong here.");
}

Answer opened(const Opened& opened) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.boolean("success", true);
    writer.string("checkout_url", opened.url);
    writer.string("session_id", opened.session_id);
    if (opened.code_used) writer.boolean("discount_code_applied", *opened.code_used);
    writer.finish();
    return with_body(200, std::move(body));
}

Answer checked_in(OrderId order, const CheckIn& check_in) {
    if (check_in.what == CheckIn::What::unknown) return refusal(404, "order_unknown", "There is no such order of this event.");
    if (check_in.what == CheckIn::What::not_paid) return refusal(409, "not_paid", "This order is not paid.");
    const bool now = check_in.what == CheckIn::What::done;
    const std::string at = check_in.at ? to_iso8601(*check_in.at) : std::string();
    std::string body;
    json::ObjectWriter writer(body);
    writer.boolean("success", now);
    if (!now) writer.string("error", "This order has been validated before.");
    if (!now) writer.string("reason", "already_validated");
    std::string inner;
    json::ObjectWriter details(inner);
    details.integer("id", static_cast<std::int64_t>(order));
    details.boolean("validated", true);
    details.string("validated_at", at);
    details.finish();
    writer.raw("order", inner);
    writer.finish();
    return with_body(now ? 200 : 409, std::move(body));
}

void add_cors(Answer& answer, std::string_view origin) {
    answer.headers.push_back({"Vary", "Origin"});
    if (origin.empty()) return;
    answer.headers.push_back({"Access-Control-Allow-Origin", std::string(origin)});
    answer.headers.push_back({"Access-Control-Expose-Headers", "Retry-After"});
}

Answer preflight(Endpoint endpoint) {
    Answer answer{{204, "", ""}, {}};
    const std::string methods(methods_of(endpoint));
    answer.headers.push_back({"Allow", methods});
    answer.headers.push_back({"Access-Control-Allow-Methods", methods});
    answer.headers.push_back({"Access-Control-Allow-Headers", "Content-Type, Authorization"});
    answer.headers.push_back({"Access-Control-Max-Age", std::string(preflight_seconds)});
    return answer;
}

Answer method_not_allowed(Endpoint endpoint) {
    Answer answer = refusal(405, "method_not_allowed", "This address does not take this method.");
    answer.headers.push_back({"Allow", std::string(methods_of(endpoint))});
    return answer;
}

}  // namespace ticketbottle::checkout
