#include "transport.hpp"

#include <ticketbottle/outbox/relay.hpp>

#include <stop_token>

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {
constexpr tkb_relay_options default_options = TKB_RELAY_OPTIONS_INIT;
}

struct tkb_relay {
    tkb_relay(OutboxStore& outbox, const tkb_transport_vtable& vtable, void* user_data, outbox::RelayOptions given)
        : options(std::move(given)), store(outbox), transport(vtable, user_data) {}

    outbox::RelayOptions options;
    OutboxStore& store;
    std::stop_source stop;
    CallbackTransport transport;           ///< After all that may throw: it owns user_data only if the whole is made.
    std::unique_ptr<outbox::Relay> relay;  ///< Made by the first run: topics are set before.
};

namespace {

outbox::RelayOptions to_options(const tkb_relay_options& given) {
    outbox::RelayOptions options;
    options.batch_rows_max = given.batch_rows_max;
    options.attempts_max = given.attempts_max;
    options.lease = std::chrono::milliseconds(given.lease_ms);
    options.publish_timeout = std::chrono::milliseconds(given.publish_timeout_ms);
    options.backoff_base = std::chrono::milliseconds(given.backoff_base_ms);
    options.backoff_max = std::chrono::milliseconds(given.backoff_max_ms);
    options.second_thread = false;  // a host's functions are called on the thread inside the library's call
    return options;
}

}  // namespace

tkb_status tkb_relay_create(const tkb_relay_options* options, tkb_outbox_store* store, const tkb_transport_vtable* transport,
                            void* user_data, tkb_relay** relay_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "relay.create";
        TKB_TRY(require(relay_out, operation, "relay_out"));
        *relay_out = nullptr;
        TKB_TRY(require(store, operation, "store"));
        const auto read = read_struct(options, default_options, operation);
        if (!read.has_value()) return read.error();
        const auto vtable = to_vtable(transport, operation);
        if (!vtable.has_value()) return vtable.error();
        outbox::RelayOptions checked = to_options(*read);
        TKB_TRY(outbox::check(checked));
        *relay_out = new tkb_relay(*store->port, *vtable, user_data, std::move(checked));
        return {};
    });
}

tkb_status tkb_relay_set_topic(tkb_relay* relay, tkb_bytes event_type, tkb_bytes topic, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "relay.set_topic";
        TKB_TRY(require(relay, operation, "relay"));
        TKB_TRY(require(event_type, operation, "event_type"));
        TKB_TRY(require(topic, operation, "topic"));
        if (event_type.size == 0 || topic.size == 0) return fail(Errc::invalid_argument, operation, "event_type and topic must not be empty");
        if (relay->relay) return fail(Errc::invalid_argument, operation, "the relay has run already");
        relay->options.messages.topics[std::string(view(event_type))] = std::string(view(topic));
        return {};
    });
}

tkb_status tkb_relay_run_once(tkb_relay* relay, uint32_t timeout_ms, tkb_relay_report* report_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "relay.run_once";
        TKB_TRY(require(relay, operation, "relay"));
        if (relay->stop.stop_requested()) return fail(Errc::cancelled, operation, "the relay was stopped");
        if (!relay->relay) relay->relay = std::make_unique<outbox::Relay>(relay->store, relay->transport, relay->options);
        const auto report = relay->relay->run_once(Deadline::in(std::chrono::milliseconds(timeout_ms)), relay->stop.get_token());
        if (report_out != nullptr) {
            const outbox::RelayReport done = report.has_value() ? *report : relay->relay->last_report();
            TKB_TRY(fill_struct(report_out, tkb_relay_report{0, 0, done.published, done.retried, done.dead, done.stalled}, operation));
        }
        if (!report.has_value()) return report.error();
        if (relay->stop.stop_requested()) return fail(Errc::cancelled, operation, "the relay was stopped");
        return {};
    });
}

void tkb_relay_stop(tkb_relay* relay) {
    if (relay != nullptr) relay->stop.request_stop();
}
void tkb_relay_destroy(tkb_relay* relay) { delete relay; }
