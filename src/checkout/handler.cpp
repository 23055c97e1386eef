#include <ticketbottle/checkout/handler.hpp>

#include "checkout/answers.hpp"
#include "checkout/request.hpp"
#include "core/crypto.hpp"
#include "core/format.hpp"
#include "core/retry.hpp"

#include <ticketbottle/core/ids.hpp>

#include <algorithm>
#include <utility>

namespace ticketbottle::checkout {
namespace {

constexpr std::string_view session_placeholder = "{CHECKOUT_SESSION_ID}";
constexpr std::size_t cognito_sub_bytes_max = 255;  // of the column
constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t token_bytes_max = 1024;

/// The desk's calls: a deadlock, a lock waited for too long, a connection that broke.
constexpr Backoff desk_backoff{std::chrono::milliseconds(20), std::chrono::milliseconds(160), Jitter::equal};
constexpr RetryRule once_only{5, desk_backoff, false};
constexpr RetryRule idempotent{5, desk_backoff, true};

template <class Call>
auto tried(const RetryRule& rule, const Deadline& deadline, Call call) {
    return repeated(rule, deadline, call, [](const Error&) {});
}

std::int64_t number(OrderId id) noexcept { return static_cast<std::int64_t>(id); }
std::int64_t number(EventId id) noexcept { return static_cast<std::int64_t>(id); }
std::int64_t number(TicketId id) noexcept { return static_cast<std::int64_t>(id); }

/// `Bearer <token>`, the scheme in any case; "": none.
std::string_view bearer(std::string_view authorization) noexcept {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size()) return {};
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = authorization[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != scheme[i]) return {};
    }
    return authorization.substr(scheme.size());
}

std::string_view name_of(CheckIn::What what) noexcept {
    switch (what) {
        case CheckIn::What::done:
            return "done";
        case CheckIn::What::already:
            return "already";
        case CheckIn::What::not_paid:
            return "not_paid";
        case CheckIn::What::unknown:
            break;
    }
    return "unknown";
}

std::string proxied(const Answer& answer) { return to_proxy_reply(answer.reply, answer.headers); }

std::string product_name(const Reserved& reserved) {
    return one_line(reserved.ticket_name + " - " + reserved.event_name, stripe::product_name_chars_max);
}

Error bad_option(std::string detail) { return fail(Errc::invalid_argument, "checkout.options", std::move(detail)); }

Result<void> check_token(const Secret& token) {
    const std::string_view text = token.expose();
    const bool fit = text.size() >= token_bytes_min && text.size() <= token_bytes_max &&
                     std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    if (text.empty() || fit) return {};
    return bad_option(formatted("check_in_token: {}..{} visible ASCII characters", token_bytes_min, token_bytes_max));
}

}  // namespace

/// One order on its way to its buyer.
struct CheckoutHandler::Purchase {
    Wanted wanted;
    Reserved reserved;
    std::string origin;  ///< Where the buyer comes back to.

    [[nodiscard]] std::string success_url() const {
        return formatted("{}/events/{}?payment=success&session_id={}", origin, number(wanted.event), session_placeholder);
    }
    [[nodiscard]] std::string cancel_url() const {
        return formatted("{}/events/{}?payment=cancelled", origin, number(wanted.event));
    }
    [[nodiscard]] stripe::CheckoutSessionRequest page(TimePoint expires_at) const {
        stripe::CheckoutSessionRequest request;
        request.order_id = std::to_string(number(reserved.order));
        request.event_id = std::to_string(number(wanted.event));
        request.ticket_id = std::to_string(number(wanted.ticket));
        request.product_name = product_name(reserved);
        request.unit_amount = reserved.price.unit;
        request.currency = reserved.currency;
        request.quantity = wanted.quantity;
        request.customer_email = wanted.email;
        request.success_url = success_url();
        request.cancel_url = cancel_url();
        request.expires_at = expires_at;
        // Of this very call: an order's number comes again in a database made anew, and Stripe would remember the other one.
        request.idempotency_key = "checkout-" + random_uuid();
        return request;
    }
};

Result<void> check(const CheckoutOptions& options) {
    using namespace std::chrono_literals;
    if (options.origins.empty() || options.origins.size() > origins_max)
        return bad_option(formatted("origins: 1..{}", origins_max));
    for (const std::string& origin : options.origins) {
        if (!is_origin(origin))
            return bad_option("origins: https://host[:port] in lower case without a path (http:// for this machine only)");
    }
    if (options.quantity_max < 1 || options.quantity_max > order_quantity_max)
        return bad_option(formatted("quantity_max: 1..{}", order_quantity_max));
    if (options.session_life < stripe::session_life_min + 1min || options.session_life > stripe::session_life_max - 1min)
        return bad_option("session_life: 31 min .. 23 h 59 min");
    if (options.reservation_grace < 1min || options.reservation_grace > 24h)
        return bad_option("reservation_grace: 1 min .. 24 h");
    if (options.cleanup_timeout < 100ms || options.cleanup_timeout > 1min) return bad_option("cleanup_timeout: 100 ms .. 1 min");
    return check_token(options.check_in_token);
}

Result<std::unique_ptr<CheckoutHandler>> CheckoutHandler::make(Desk& desk, PaymentStore& orders, PaymentPages pages,
                                                               const Clock& clock, CheckoutOptions options, Observer& observer) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    if (!pages.create || !pages.expire) return bad_option("pages: a call is empty");
    return std::unique_ptr<CheckoutHandler>(
        new CheckoutHandler(desk, orders, std::move(pages), clock, std::move(options), observer));
}

CheckoutHandler::CheckoutHandler(Desk& desk, PaymentStore& orders, PaymentPages pages, const Clock& clock,
                                 CheckoutOptions options, Observer& observer)
    : desk_(desk), pages_(std::move(pages)), clock_(clock), options_(std::move(options)), observer_(observer),
      processor_(orders, clock, options_.processor, observer) {}

std::string_view CheckoutHandler::known_origin(std::string_view origin) const noexcept {
    const auto found = std::ranges::find(options_.origins, origin);
    return found == options_.origins.end() ? std::string_view() : std::string_view(*found);
}

Answer CheckoutHandler::turn_away(const Request& request) {
    observer_.count("ticketbottle_checkouts_total", {{"outcome", "refused"}, {"reason", "busy"}});
    Answer answer = trouble(Side::ours, Errc::unavailable);
    add_cors(answer, known_origin(request.header("origin")));
    return answer;
}

Answer CheckoutHandler::handle(const Request& request, const Caller& caller, Deadline deadline) {
    const auto began = std::chrono::steady_clock::now();
    const std::string origin = request.header("origin");
    const std::string_view known = known_origin(origin);
    Answer answer;
    if (!endpoint_of(request.path))
        answer = refusal(404, "not_found", "There is nothing at this address.");
    else if (!origin.empty() && known.empty())  // a page of somebody else's: it shall neither read answers nor make orders
        answer = refusal(403, "origin_not_allowed", "This web site may not call here.");
    else
        answer = route(request, caller, deadline);
    add_cors(answer, known);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    observer_.observe("ticketbottle_checkout_seconds", took.count());
    return answer;
}

Answer CheckoutHandler::route(const Request& request, const Caller& caller, Deadline deadline) {
    const Endpoint endpoint = *endpoint_of(request.path);
    const bool door = caller.check_in == Caller::CheckIn::granted || !options_.check_in_token.empty();
    if (endpoint == Endpoint::check_in && !door) return refusal(404, "not_found", "There is nothing at this address.");
    if (request.method == "OPTIONS") return preflight(endpoint);
    const bool patch = request.method == "PATCH" && endpoint == Endpoint::check_in;
    if (request.method != "POST" && !patch) return method_not_allowed(endpoint);
    if (request.body.size() > checkout_body_bytes_max) return refusal(413, "body_too_large", "The body is too large.");
    return endpoint == Endpoint::checkout ? checkout(request, caller, deadline) : check_in(request, caller, deadline);
}

Answer CheckoutHandler::checkout(const Request& request, const Caller& caller, Deadline deadline) {
    const Place place = *place_of(request.path);
    const auto refused_as = [this](std::string_view reason) {
        observer_.count("ticketbottle_checkouts_total", {{"outcome", "refused"}, {"reason", reason}});
    };
    const auto read = read_checkout_body(request.body, options_.quantity_max);
    if (const auto* problem = std::get_if<BodyProblem>(&read)) {
        refused_as(problem->reason);
        return refusal(400, problem->reason, problem->text);
    }
    const auto& body = std::get<CheckoutBody>(read);
    const std::string origin = request.header("origin");  // one of ours, or none
    Purchase purchase;
    purchase.origin = origin.empty() ? options_.origins.front() : origin;
    purchase.wanted = {EventId{place.event}, TicketId{place.item}, body.quantity, body.email, body.code, caller.cognito_sub,
                       options_.session_life + options_.reservation_grace};
    if (caller.cognito_sub.size() > cognito_sub_bytes_max)
        return failed("caller", fail(Errc::internal, "checkout.caller", "cognito_sub: longer than its column"), purchase, "none");
    auto reserved = tried(once_only, deadline, [&] { return desk_.reserve(purchase.wanted, deadline); });
    if (!reserved.has_value()) {
        const Error error = reserved.error();
        return failed("reserve", error, purchase, error.code == Errc::outcome_unknown ? "perhaps pending" : "none");
    }
    if (reserved->no_sale != NoSale::none) {
        refused_as(to_string(reserved->no_sale));
        return refused(*reserved);
    }
    purchase.reserved = std::move(*reserved);
    return purchase.reserved.price.total == 0 ? give_away(purchase, deadline) : open_page(purchase, deadline);
}

/// Nothing is to be paid, so Stripe is not asked: the order is settled as its callback would settle it.
Answer CheckoutHandler::give_away(const Purchase& purchase, Deadline deadline) {
    const Reserved& reserved = purchase.reserved;
    const std::string name = formatted("free-{}", number(reserved.order));
    PaymentNotification notification;
    notification.gateway = Gateway::stripe;
    notification.status = NotifiedStatus::succeeded;
    notification.order_id = std::to_string(number(reserved.order));
    notification.transaction_id = notification.dedup_key = name;
    notification.amount = Money{0, reserved.currency};
    notification.occurred_at = clock_.now();
    const Settled settled = processor_.process(notification, deadline);
    bool completed = settled.outcome == Outcome::applied || settled.outcome == Outcome::duplicate;
    std::optional<Release> release_as;
    if (!completed) {
        release_as = release(reserved.order);
        completed = release_as == Release::paid;  // by a settlement whose answer was lost
    }
    if (completed) {
        std::string url = purchase.success_url();
        url.replace(url.find(session_placeholder), session_placeholder.size(), name);
        return done(purchase, "free", url, name);
    }
    const Errc code = settled.outcome == Outcome::retry ? Errc::unavailable : Errc::internal;
    std::string how = formatted("{}, {}", to_string(settled.outcome), to_string(settled.refusal));
    return failed("settle", fail(code, "checkout.give_away", std::move(how)), purchase, release_as ? "failed" : "pending");
}

Answer CheckoutHandler::open_page(const Purchase& purchase, Deadline deadline) {
    const OrderId order = purchase.reserved.order;
    const auto page = pages_.create(purchase.page(clock_.now() + options_.session_life), deadline);
    if (!page.has_value()) {
        const Error error = page.error();
        // Perhaps there is a page. Nobody has its address, so nobody pays; the order waits until its time is over, as
        // the page does.
        if (error.code == Errc::outcome_unknown) return failed("create_session", error, purchase, "pending");
        return failed("create_session", error, purchase, release(order) ? "failed" : "pending");
    }
    const auto attached = tried(idempotent, deadline, [&] { return desk_.attach_session(order, page->id, deadline); });
    if (attached.has_value()) return done(purchase, "opened", page->url, page->id);
    // A page that the order does not know of would be asked about by nobody: it is closed before anybody sees it.
    const Deadline cleanup = Deadline::in(options_.cleanup_timeout);
    const auto expired = pages_.expire(page->id, cleanup);
    if (!expired.has_value()) {
        const Error error = expired.error();
        observer_.log(Severity::warning, "checkout.page_left_open", "Nobody has its address, and it closes by itself.",
                      {{"order_id", number(order)},
                       {"session_id", std::string_view(page->id)},
                       {"code", to_string(error.code)},
                       {"error", error.detail_text()}});
    }
    return failed("attach_session", attached.error(), purchase, release(order) ? "failed" : "pending");
}

/// Lets an order go, also when the call's own time is over or a stop has come. nullopt: it could not be; it stays pending until
/// its reservation ends.
std::optional<Release> CheckoutHandler::release(OrderId order) {
    const Deadline cleanup = Deadline::in(options_.cleanup_timeout);
    const auto released = tried(idempotent, cleanup, [&] { return desk_.release(order, cleanup); });
    if (released.has_value()) return *released;
    const Error error = released.error();
    observer_.log(Severity::error, "checkout.release_failed", "The order holds its tickets until its reservation ends by age.",
                  {{"order_id", number(order)}, {"code", to_string(error.code)}, {"error", error.detail_text()}});
    return std::nullopt;
}

Answer CheckoutHandler::done(const Purchase& purchase, std::string_view outcome, std::string_view url,
                             std::string_view session_id) {
    const Price& price = purchase.reserved.price;
    observer_.log(Severity::info, outcome == "free" ? "checkout.free" : "checkout.opened", "",
                  {{"order_id", number(purchase.reserved.order)},
                   {"event_id", number(purchase.wanted.event)},
                   {"ticket_id", number(purchase.wanted.ticket)},
                   {"quantity", std::int64_t{purchase.wanted.quantity}},
                   {"total", price.total},
                   {"currency", purchase.reserved.currency.code()},
                   {"code_used", price.code_used},
                   {"session_id", session_id}});
    observer_.count("ticketbottle_checkouts_total", {{"outcome", outcome}, {"reason", "none"}});
    const auto code_used = purchase.wanted.code.empty() ? std::nullopt : std::optional(price.code_used);
    return opened({url, session_id, code_used});
}

Answer CheckoutHandler::failed(std::string_view step, const Error& error, const Purchase& purchase, std::string_view left_as) {
    observer_.log(Severity::error, "checkout.failed", "A buyer was sent away.",
                  {{"step", step},
                   {"code", to_string(error.code)},
                   {"operation", error.operation},
                   {"error", error.detail_text()},
                   {"order_id", number(purchase.reserved.order)},
                   {"event_id", number(purchase.wanted.event)},
                   {"ticket_id", number(purchase.wanted.ticket)},
                   {"order_left", left_as}});
    observer_.count("ticketbottle_checkouts_total", {{"outcome", "failed"}, {"reason", step}});
    const bool closed_meanwhile = step == "attach_session" && error.code == Errc::conflict;  // by an operator: a new order may do
    return trouble(step == "create_session" ? Side::pages : Side::ours, closed_meanwhile ? Errc::unavailable : error.code);
}

Answer CheckoutHandler::check_in(const Request& request, const Caller& caller, Deadline deadline) {
    const auto counted = [this](std::string_view outcome) {
        observer_.count("ticketbottle_check_ins_total", {{"outcome", outcome}});
    };
    const Secret& token = options_.check_in_token;
    const std::string authorization = request.header("authorization");
    const bool by_token = !token.empty() && crypto::equal(bearer(authorization), token.expose());
    if (caller.check_in != Caller::CheckIn::granted && !by_token) {
        observer_.log(Severity::warning, "check_in.unauthorised", "", {{"sent_a_token", !bearer(authorization).empty()}});
        counted("unauthorised");
        Answer answer = refusal(401, "unauthorised", "A bearer token is needed.");
        answer.headers.push_back({"WWW-Authenticate", "Bearer"});
        return answer;
    }
    if (const auto problem = check_check_in_body(request.body)) return refusal(400, problem->reason, problem->text);
    const Place place = *place_of(request.path);
    const EventId event{place.event};
    const OrderId order{place.item};
    const auto checked = tried(once_only, deadline, [&] { return desk_.check_in(event, order, clock_.now(), deadline); });
    if (!checked.has_value()) {
        const Error error = checked.error();
        observer_.log(Severity::error, "check_in.failed", "",
                      {{"order_id", place.item}, {"code", to_string(error.code)}, {"error", error.detail_text()}});
        counted("failed");
        return trouble(Side::ours, error.code);
    }
    counted(name_of(checked->what));
    return checked_in(order, *checked);
}

std::string CheckoutHandler::handle_invocation(std::string_view event, const Caller& caller, Deadline deadline) {
    const Result<Request> request = request_from_invocation(event);
    if (request.has_value() && request->method != "INVOKE") return proxied(handle(*request, caller, deadline));
    observer_.log(Severity::warning, "checkout.no_invocation", "", {{"event_bytes", static_cast<std::int64_t>(event.size())}});
    return proxied(refusal(400, "no_invocation", "This is no HTTP request."));
}

}  // namespace ticketbottle::checkout
