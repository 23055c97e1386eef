#pragma once
/// \file
/// Metrics for Prometheus, to be served by the host at whatever address it likes. No port is opened here.
/// Source of the format: Prometheus text exposition format 0.0.4.

#include <ticketbottle/core/observer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ticketbottle::observe {

/// What text() is served as.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

struct PrometheusOptions {
    /// Upper bounds of every histogram's buckets, ascending, in the metric's unit (seconds); +Inf is added.
    std::vector<double> buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    /// Series (name and label values) kept in all. Further ones are dropped and counted in
    /// ticketbottle_observe_dropped_samples_total, so that a label nobody expected cannot eat the memory.
    std::size_t series_max = 2000;
};

/// Adds up metrics and writes them out. Names and labels must be Prometheus names; others are dropped and counted, as is a sample
/// whose kind is not the name's first one, a counter that would fall, and a value that is not finite. Label values may be
/// anything: they are made UTF-8, cut at 200 bytes and escaped. Log records are ignored.
/// Threads: any, at once. Exceptions: none, except std::bad_alloc.
class PrometheusRegistry final : public Observer {
public:
    explicit PrometheusRegistry(PrometheusOptions options = {});
    ~PrometheusRegistry() override;
    PrometheusRegistry(const PrometheusRegistry&) = delete;
    PrometheusRegistry& operator=(const PrometheusRegistry&) = delete;

    using Observer::log;
    void log(const LogRecord&) override {}
    void metric(const MetricSample& sample) override;

    /// A HELP line for a name; the library's own names have theirs. Call before the first text().
    void describe(std::string name, std::string help);

    /// Every series: sorted by name, then by labels; HELP and TYPE before each name.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ticketbottle::observe
