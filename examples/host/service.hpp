#pragma once
/// \file
/// The running parts, together or alone: HTTP server, relay, sweeper, consumers, reconciler.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <ticketbottle/host/http_server.hpp>
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <vector>

#include "observing.hpp"
#include "wiring.hpp"

namespace program {

struct ServiceParts {
    bool server = false;
    bool relay = false;
    bool sweeper = false;
    bool consumers = false;
    bool reconciler = false;
};

class Service {
public:
    /// Opens what the parts need and starts them. `settings` and `observing` are borrowed and must outlive it.
    [[nodiscard]] static Result<std::unique_ptr<Service>> start(const Settings& settings, ServiceParts parts,
                                                                Observing& observing);
    /// As stop().
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return server_ ? server_->port() : std::uint16_t{0}; }
    /// Callbacks in hand are answered, what was delivered is marked, positions are saved. Idempotent.
    void stop();

private:
    struct Worker;
    Service(const Settings& settings, Observing& observing);
    [[nodiscard]] Result<void> start_relay();
    [[nodiscard]] Result<void> start_sweeper();
    [[nodiscard]] Result<void> start_consumers();
    [[nodiscard]] Result<void> start_reconciler();
    [[nodiscard]] Result<void> start_server();
    /// What settles callbacks and gateways' answers alike.
    [[nodiscard]] ticketbottle::ProcessorOptions processor_options() const;
    [[nodiscard]] ticketbottle::host::HttpResponse answer(const ticketbottle::Request& request, std::uint32_t worker);
    [[nodiscard]] ticketbottle::host::HttpResponse invoke(const ticketbottle::Request& request, Worker& worker);
    /// Opens what this worker needs to take checkouts, if the settings say so.
    [[nodiscard]] Result<void> open_checkout(Worker& worker);
    [[nodiscard]] ticketbottle::checkout::Answer sell(const ticketbottle::Request& request, Worker& worker);
    void sweep(const std::stop_token& stop);
    void sweep_daily(const std::stop_token& stop);

    const Settings& settings_;
    Observing& observing_;
    std::unique_ptr<ticketbottle::OutboxStore> relay_store_;
    std::unique_ptr<ticketbottle::MessageTransport> topics_;
    std::unique_ptr<ticketbottle::outbox::BackgroundRelay> relay_;
    std::unique_ptr<ticketbottle::OutboxStore> sweeper_outbox_;
    std::unique_ptr<ticketbottle::PaymentStore> sweeper_payments_;
    std::unique_ptr<Consumers> consumers_;
    std::unique_ptr<ticketbottle::PaymentStore> reconciler_payments_;
    std::unique_ptr<ticketbottle::reconcile::BackgroundReconciler> reconciler_;
    std::jthread broker_check_;
    std::jthread sweeper_thread_;
    std::jthread consumers_thread_;
    std::unique_ptr<ticketbottle::checkout::StripeClient> stripe_;
    std::atomic<std::int64_t> checkouts_free_{0};
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<ticketbottle::host::HttpServer> server_;  // last: its handlers use everything above
};

/// The next 02:00 UTC after `now`, when the sweeper runs.
[[nodiscard]] ticketbottle::TimePoint next_sweep(ticketbottle::TimePoint now);

/// Blocks SIGTERM and SIGINT in this thread and every thread it starts from now on, so that wait_for_stop_signal gets
/// them.
void take_stop_signals();
/// Returns the signal that came. A second one then ends the process at once.
int wait_for_stop_signal();

}  // namespace program
