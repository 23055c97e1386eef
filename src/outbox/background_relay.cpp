#include <ticketbottle/outbox/relay.hpp>

#include "core/waiting.hpp"

#include <exception>
#include <system_error>

namespace ticketbottle::outbox {

namespace {

constexpr std::chrono::seconds restart_pause{1};

}  // namespace

BackgroundRelay::BackgroundRelay(OutboxStore& store, MessageTransport& transport, RelayOptions options, Observer& observer)
    : relay_(store, transport, options, observer), observer_(observer) {
    if (const auto checked = check(options); !checked.has_value()) {
        const std::string reason = to_string(checked.error());
        observer_.log(Severity::alert, "relay.refused", "The relay does not run.", {{"reason", std::string_view(reason)}});
        return;
    }
    running_ = true;
    try {
        thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    } catch (const std::system_error& error) {
        running_ = false;
        observer_.log(Severity::alert, "relay.refused", "The relay does not run.",
                      {{"reason", std::string_view(error.what())}});
    }
}

BackgroundRelay::~BackgroundRelay() { stop(); }

void BackgroundRelay::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    running_ = false;
}

void BackgroundRelay::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            (void)relay_.run(stop).has_value();  // the options were checked
        } catch (const std::exception&) {
            // what() is a host's text and may hold anything: it is not repeated.
            observer_.log(Severity::alert, "relay.exception", "A store or observer threw; the relay starts again.");
        } catch (...) {
            observer_.log(Severity::alert, "relay.exception", "A store or observer threw; the relay starts again.");
        }
        if (!stop.stop_requested()) pause(stop, restart_pause);
    }
}

}  // namespace ticketbottle::outbox
