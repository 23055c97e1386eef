#include <system_error>
#include <ticketbottle/reconcile/reconciler.hpp>

#include "core/waiting.hpp"

namespace ticketbottle::reconcile {

namespace {

constexpr std::chrono::seconds restart_pause{1};

void refuse(Observer& observer, std::string_view reason) {
    observer.log(Severity::alert, "reconcile.refused", "The reconciler does not run.", {{"reason", reason}});
}

}  // namespace

BackgroundReconciler::BackgroundReconciler(const Gateways& gateways, PaymentStore& store, HttpExchange exchange,
                                           const Clock& clock, ProcessorOptions processor, ReconcilerOptions options,
                                           Observer& observer)
    : reconciler_(gateways, store, std::move(exchange), clock, std::move(processor), options, observer),
      observer_(observer) {
    if (const auto checked = check(options); !checked.has_value()) {
        refuse(observer_, to_string(checked.error()));
        return;
    }
    running_ = true;
    try {
        thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    } catch (const std::system_error& error) {
        running_ = false;
        refuse(observer_, error.what());
    }
}

BackgroundReconciler::~BackgroundReconciler() { stop(); }

void BackgroundReconciler::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    running_ = false;
}

void BackgroundReconciler::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            (void)reconciler_.run(stop).has_value();  // the options were checked
        } catch (...) {
            // what() is a host's text and may hold anything: it is not repeated.
            observer_.log(Severity::alert, "reconcile.exception",
                          "A store or observer threw; the reconciler starts again.");
        }
        if (!stop.stop_requested()) pause(stop, restart_pause);
    }
}

}  // namespace ticketbottle::reconcile
