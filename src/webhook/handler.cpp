#include <ticketbottle/webhook/handler.hpp>

#include "core/json.hpp"
#include "webhook/situation.hpp"

#include <chrono>
#include <utility>

namespace ticketbottle {
namespace {

constexpr std::size_t logged_bytes_max = 128;

/// Text from outside, fit for a log line: printable ASCII, and not much of it.
std::string for_log(std::string_view text) {
    std::string out(text.substr(0, logged_bytes_max));
    for (char& c : out) {
        if (c < 0x20 || c > 0x7e) c = '?';
    }
    return out;
}

bool over_limit(const Request& request) noexcept {
    // An event that came without HTTP is its own envelope, body and all.
    const std::size_t body_max = request.method == "INVOKE" ? proxy_event_bytes_max : callback_body_bytes_max;
    return request.body.size() > body_max || request.query.size() > callback_query_bytes_max;
}

Handled plain(int http_status) {
    Handled handled;
    handled.reply.http_status = http_status;
    handled.settled.outcome = Outcome::refused;
    return handled;
}

void log_unrouted(Observer& observer, const Request& request, int http_status) {
    const std::string path = for_log(request.path);
    const std::string method = for_log(request.method);
    observer.log(Severity::warning, "callback.unrouted", "",
                 {{"http_status", std::int64_t{http_status}},
                  {"method", std::string_view(method)},
                  {"path", std::string_view(path)},
                  {"body_bytes", static_cast<std::int64_t>(request.body.size())},
                  {"query_bytes", static_cast<std::int64_t>(request.query.size())}});
}

void log_rejected(Observer& observer, const Request& request, Gateway gateway, const Rejection& rejection) {
    const bool ours = rejection.reason == Reason::config_error;
    const std::string path = for_log(request.path);
    const std::string forwarded_for = for_log(request.header("x-forwarded-for"));
    const std::string user_agent = for_log(request.header("user-agent"));
    observer.log(ours ? Severity::error : Severity::warning, "callback.rejected",
                 ours ? "Callbacks of this gateway cannot be verified as this host is configured." : "",
                 {{"gateway", to_string(gateway)},
                  {"reason", to_string(rejection.reason)},
                  {"detail", std::string_view(rejection.detail)},
                  {"path", std::string_view(path)},
                  {"forwarded_for", std::string_view(forwarded_for)},
                  {"user_agent", std::string_view(user_agent)},
                  {"body_bytes", static_cast<std::int64_t>(request.body.size())}});
}

}  // namespace

WebhookHandler::WebhookHandler(const Gateways& gateways, PaymentStore& store, const Clock& clock, WebhookOptions options,
                               Observer& observer)
    : gateways_(gateways), clock_(clock), options_(std::move(options)), observer_(observer),
      processor_(store, clock, options_.processor, observer) {}

Handled WebhookHandler::settle(Gateway gateway, const Request& request, Deadline deadline) {
    const TimePoint now = clock_.now();
    Handled handled;
    handled.gateway = gateway;
    const Verdict verdict = verify(gateways_, gateway, request, now);
    if (!verdict.has_value()) {
        const Rejection rejection = verdict.error();
        log_rejected(observer_, request, gateway, rejection);
        handled.rejected = rejection.reason;
        handled.settled.outcome = Outcome::refused;
        handled.situation = situation_of(rejection.reason);
    } else {
        const PaymentNotification& notification = verdict->notification;
        handled.settled = processor_.process(notification, deadline, request.header("traceparent"));
        handled.situation = webhook::situation_of(handled.settled, notification, now, options_.order_may_appear_for);
    }
    handled.reply = reply(gateway, handled.situation, options_.reply);
    return handled;
}

Handled WebhookHandler::handle(const Request& request, Deadline deadline) {
    const auto began = std::chrono::steady_clock::now();
    Handled handled;
    if (over_limit(request)) {
        handled = plain(413);
        log_unrouted(observer_, request, 413);
    } else if (const auto gateway = route(request)) {
        handled = settle(*gateway, request, deadline);
    } else {
        handled = plain(404);
        log_unrouted(observer_, request, 404);
    }
    const std::string_view gateway = handled.gateway ? to_string(*handled.gateway) : std::string_view("none");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    observer_.count("ticketbottle_callbacks_total", {{"gateway", gateway}, {"situation", to_string(handled.situation)}});
    observer_.observe("ticketbottle_callback_seconds", took.count(), {{"gateway", gateway}});
    return handled;
}

Handled WebhookHandler::handle_invocation(std::string_view event, Deadline deadline) {
    const Result<Request> request = request_from_invocation(event);
    if (request.has_value()) return handle(*request, deadline);
    const Error error = request.error();
    observer_.log(Severity::warning, "callback.no_invocation", "",
                  {{"error", error.detail_text()}, {"event_bytes", static_cast<std::int64_t>(event.size())}});
    Handled handled = plain(400);
    observer_.count("ticketbottle_callbacks_total", {{"gateway", "none"}, {"situation", to_string(handled.situation)}});
    return handled;
}

}  // namespace ticketbottle
