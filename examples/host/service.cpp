#include "service.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/outbox/sweeper.hpp>
#include <ticketbottle/webhook/handler.hpp>

namespace program {

using namespace ticketbottle;

namespace {

// The gateways wait five seconds and more; what is not settled by then is asked for again by them.
constexpr std::chrono::milliseconds callback_timeout{4000};
// A buyer waits for Stripe; taking back what was begun comes after it.
constexpr std::chrono::milliseconds checkout_timeout{10'000};
constexpr std::chrono::milliseconds health_timeout{1000};
constexpr std::chrono::milliseconds stop_grace{700};
// A sweep is done in rounds, so that a stop never waits for more than one: rows of 100 transactions.
constexpr std::uint32_t sweep_round_batches = 100;
constexpr std::chrono::seconds sweep_round_timeout{60};
// The wall clock may be set; the sweeper looks at it this often.
constexpr std::chrono::minutes sweep_look{1};

host::HttpResponse plain(int status, std::string text) {
    return {status, "text/plain; charset=utf-8", std::move(text) + "\n"};
}

host::HttpResponse to_http(const Reply& reply) { return {reply.http_status, reply.content_type, reply.body}; }
host::HttpResponse to_http(checkout::Answer answer) {
    host::HttpResponse response = to_http(answer.reply);
    response.headers = std::move(answer.headers);
    return response;
}

/// A segment `webhook` or `webhooks`, in any case, wherever it stands: a load balancer may put a stage before it.
bool is_webhook_path(std::string_view path) {
    while (!path.empty()) {
        const auto slash = path.find('/');
        std::string segment(path.substr(0, slash));
        for (char& c : segment) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (segment == "webhook" || segment == "webhooks") return true;
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return false;
}

}  // namespace

/// What one of the server's threads keeps: a store takes one call at a time.
struct Service::Worker {
    Worker(const Settings& settings, std::unique_ptr<PaymentStore> opened, const WebhookOptions& options,
           Observer& observer)
        : store(std::move(opened)), handler(settings.gateways, *store, system_clock(), options, observer) {}

    std::unique_ptr<PaymentStore> store;
    WebhookHandler handler;
    std::unique_ptr<checkout::Desk> desk;
    std::unique_ptr<checkout::CheckoutHandler> checkout;  ///< Null: not served.
};

Result<std::unique_ptr<Service>> Service::start(const Settings& settings, ServiceParts parts, Observing& observing) {
    if (const Result<void> made = make_folders(settings); !made.has_value()) return made.error();
    if (const Result<void> checked = check_migration(settings, observing.observer()); !checked.has_value()) return checked.error();
    std::unique_ptr<Service> service(new Service(settings, observing));
    const auto begin = [&service](bool wanted, Result<void> (Service::*step)()) -> Result<void> {
        if (!wanted) return {};
        return (service.get()->*step)();
    };
    if (const auto done = begin(parts.relay, &Service::start_relay); !done.has_value()) return done.error();
    if (const auto done = begin(parts.sweeper, &Service::start_sweeper); !done.has_value()) return done.error();
    if (const auto done = begin(parts.consumers, &Service::start_consumers); !done.has_value()) return done.error();
    if (const auto done = begin(parts.reconciler, &Service::start_reconciler); !done.has_value()) return done.error();
    if (const auto done = begin(parts.server, &Service::start_server); !done.has_value()) return done.error();
    return service;
}

Service::Service(const Settings& settings, Observing& observing) : settings_(settings), observing_(observing) {}
Service::~Service() { stop(); }

void Service::stop() {
    if (server_) server_->stop(stop_grace);
    broker_check_.request_stop();
    sweeper_thread_.request_stop();
    consumers_thread_.request_stop();
    if (reconciler_) reconciler_->stop();  // before the relay: what it still settles is published too
    if (relay_) relay_->stop();
    if (sweeper_thread_.joinable()) sweeper_thread_.join();
    if (consumers_thread_.joinable()) consumers_thread_.join();
}

Result<void> Service::start_relay() {
    auto store = open_outbox(settings_);
    if (!store.has_value()) return store.error();
    relay_store_ = std::move(*store);
    auto topics = open_topics(settings_, observing_.observer());
    if (!topics.has_value()) return topics.error();
    topics_ = std::move(*topics);
    broker_check_ = check_brokers(settings_, observing_.observer());
    if (const Result<void> checked = outbox::check(settings_.relay); !checked.has_value()) return checked.error();
    relay_ = std::make_unique<outbox::BackgroundRelay>(*relay_store_, *topics_, settings_.relay, observing_.observer());
    return {};
}

Result<void> Service::start_sweeper() {
    auto outbox = open_outbox(settings_);
    if (!outbox.has_value()) return outbox.error();
    sweeper_outbox_ = std::move(*outbox);
    auto payments = open_payments(settings_);
    if (!payments.has_value()) return payments.error();
    sweeper_payments_ = std::move(*payments);
    if (const Result<void> checked = outbox::check(settings_.sweeper); !checked.has_value()) return checked.error();
    sweeper_thread_ = std::jthread([this](const std::stop_token& stop) { sweep_daily(stop); });
    return {};
}

Result<void> Service::start_consumers() {
    auto consumers = Consumers::open(settings_, observing_.observer());
    if (!consumers.has_value()) return consumers.error();
    consumers_ = std::move(*consumers);
    consumers_thread_ = std::jthread([this](const std::stop_token& stop) { consumers_->run(stop); });
    return {};
}

ProcessorOptions Service::processor_options() const {
    ProcessorOptions options = settings_.webhook.processor;
    if (relay_) options.event_written = [relay = relay_.get()] { relay->wake(); };
    return options;
}

Result<void> Service::start_reconciler() {
    if (const Result<void> checked = check_askable(settings_); !checked.has_value()) return checked.error();
    if (const Result<void> checked = reconcile::check(settings_.reconcile); !checked.has_value())
        return checked.error();
    auto payments = open_payments(settings_, sqlite::OpenMode::create, observing_.observer());
    if (!payments.has_value()) return payments.error();
    reconciler_payments_ = std::move(*payments);
    reconciler_ = std::make_unique<reconcile::BackgroundReconciler>(
        settings_.gateways, *reconciler_payments_, host::gateway_exchange(), system_clock(), processor_options(),
        settings_.reconcile, observing_.observer());
    return {};
}

Result<void> Service::start_server() {
    WebhookOptions options = settings_.webhook;
    options.processor = processor_options();
    if (settings_.checkout) {
        if (const Result<void> checked = check_checkout(settings_); !checked.has_value()) return checked.error();
        stripe_ = make_stripe_client(settings_, observing_.observer());
    }
    for (std::uint32_t i = 0; i < settings_.http.threads; ++i) {
        auto store = open_payments(settings_, sqlite::OpenMode::create, observing_.observer());
        if (!store.has_value()) return store.error();
        workers_.push_back(std::make_unique<Worker>(settings_, std::move(*store), options, observing_.observer()));
        if (const Result<void> opened = open_checkout(*workers_.back()); !opened.has_value()) return opened.error();
    }
    // Stripe may be slow: one thread is left for callbacks, whose senders do not wait.
    checkouts_free_ = std::max<std::int64_t>(1, std::int64_t{settings_.http.threads} - 1);
    const auto handle = [this](const Request& request, std::uint32_t worker) { return answer(request, worker); };
    auto server = host::HttpServer::start(settings_.http, handle, observing_.observer());
    if (!server.has_value()) return server.error();
    server_ = std::move(*server);
    return {};
}

Result<void> Service::open_checkout(Worker& worker) {
    if (!settings_.checkout) return {};
    auto desk = open_desk(settings_);
    if (!desk.has_value()) return desk.error();
    worker.desk = std::move(*desk);
    checkout::PaymentPages pages;
    pages.create = [this](const stripe::CheckoutSessionRequest& page, Deadline until) { return stripe_->create(page, until); };
    pages.expire = [this](std::string_view session_id, Deadline until) { return stripe_->expire(session_id, until); };
    auto handler = checkout::CheckoutHandler::make(*worker.desk, *worker.store, std::move(pages), system_clock(),
                                                   checkout_options(settings_, processor_options()), observing_.observer());
    if (!handler.has_value()) return handler.error();
    worker.checkout = std::move(*handler);
    return {};
}

checkout::Answer Service::sell(const Request& request, Worker& worker) {
    // Who the caller is nobody has looked at: no buyer is known, and a door shows its token.
    const Deadline deadline = Deadline::in(checkout_timeout);
    if (checkout::endpoint_of(request.path) == checkout::Endpoint::check_in)
        return worker.checkout->handle(request, {}, deadline);
    const bool free = checkouts_free_.fetch_sub(1) > 0;
    checkout::Answer answer = free ? worker.checkout->handle(request, {}, deadline) : worker.checkout->turn_away(request);
    checkouts_free_.fetch_add(1);
    return answer;
}

host::HttpResponse Service::answer(const Request& request, std::uint32_t worker) {
    Worker& own = *workers_[worker];
    if (request.path == "/healthz") {
        const auto found = own.store->find(PaymentKey::id, "healthz", Deadline::in(health_timeout));
        return found.has_value() ? plain(200, "ok") : plain(503, "the payment store does not answer");
    }
    if (request.path == "/metrics") return {200, Observing::metrics_content_type(), observing_.metrics_text()};
    if (request.path == "/invoke" && settings_.invocations == host::Invocations::accept) return invoke(request, own);
    if (own.checkout && checkout::endpoint_of(request.path)) return to_http(sell(request, own));
    if (!is_webhook_path(request.path)) return plain(404, "nothing here; callbacks go to /webhook/<gateway>");
    if (request.method != "POST" && request.method != "GET") return plain(405, "callbacks are POST or GET");
    return to_http(own.handler.handle(request, Deadline::in(callback_timeout)).reply);
}

/// One function invocation in a POST. For an HTTP event the function's result is the proxy reply; an EventBridge event
/// has no reply, and a status of 500 asks for it again.
host::HttpResponse Service::invoke(const Request& request, Worker& worker) {
    if (request.method != "POST") return plain(405, "an invocation is a POST");
    const Result<Request> inner = request_from_invocation(request.body);
    if (inner.has_value() && worker.checkout && checkout::endpoint_of(inner->path)) {
        const checkout::Answer answer = sell(*inner, worker);
        return {200, "application/json", to_proxy_reply(answer.reply, answer.headers)};
    }
    const Deadline deadline = Deadline::in(callback_timeout);
    const Handled handled = inner.has_value() ? worker.handler.handle(*inner, deadline) : worker.handler.handle_invocation(request.body, deadline);
    if (!handled.gateway || handled.gateway == Gateway::stripe_eventbridge) return to_http(handled.reply);
    return {200, "application/json", to_proxy_reply(handled.reply)};
}

TimePoint next_sweep(TimePoint now) {
    const TimePoint today = std::chrono::floor<std::chrono::days>(now) + std::chrono::hours(2);
    return now < today ? today : today + std::chrono::days(1);
}

void Service::sweep(const std::stop_token& stop) {
    outbox::SweeperOptions options = settings_.sweeper;
    options.batches_max = std::min(options.batches_max, sweep_round_batches);
    for (bool more = true; more && !stop.stop_requested();) {
        const auto report = outbox::sweep(*sweeper_outbox_, *sweeper_payments_, system_clock(), options,
                                          Deadline::in(sweep_round_timeout), observing_.observer());
        if (!report.has_value())
            observing_.observer().log(Severity::error, "sweep.refused", "The sweeper could not run.",
                                      {{"reason", report.error().detail_text()}});
        // A round that met trouble is not repeated at once: tomorrow's goes on where it stopped.
        more = report.has_value() && !report->complete && report->troubles.empty();
    }
}

void Service::sweep_daily(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any sleep;
    TimePoint due = next_sweep(system_clock().now());
    while (!stop.stop_requested()) {
        const TimePoint now = system_clock().now();
        if (now >= due) {
            sweep(stop);
            due = next_sweep(system_clock().now());
        }
        due = std::min(due, next_sweep(now));  // the clock may have been set back
        const auto wait = std::clamp<std::chrono::milliseconds>(due - now, std::chrono::milliseconds(1), sweep_look);
        std::unique_lock lock(mutex);
        sleep.wait_for(lock, stop, wait, [] { return false; });
    }
}

void take_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int wait_for_stop_signal() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    int signal = 0;
    while (::sigwait(&signals, &signal) != 0) {
    }
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    return signal;
}

}  // namespace program
