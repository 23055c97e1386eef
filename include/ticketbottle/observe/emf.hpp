#pragma once
/// \file
/// Metrics for CloudWatch, as embedded metric format: JSON lines on a function's standard output, which CloudWatch turns into
/// metrics. Source of the format: the CloudWatch embedded metric format specification, 2020.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/observe/json_log.hpp>
#include <ticketbottle/observe/line_sink.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ticketbottle::observe {

/// How a metric is called in CloudWatch.
struct EmfMetric {
    std::string name;  ///< "EventsDeleted". 1..255 bytes.
    std::string unit;  ///< "Count", "Seconds", ...: CloudWatch's spelling.
    std::vector<std::pair<std::string, std::string>> dimensions;  ///< At most 10, fixed. The sample's labels are added.
};

struct EmfOptions {
    std::string name_space = "TicketBottle/Outbox";  ///< CLOUDWATCH_NAMESPACE.
    /// The metrics that are sent, by the library's names; others are ignored.
    std::map<std::string, EmfMetric, std::less<>> metrics = {
        {"ticketbottle_outbox_events_deleted", {"EventsDeleted", "Count", {{"Service", "outbox-cleanup"}}}},
        {"ticketbottle_outbox_failed_events", {"FailedEvents", "Count", {{"Service", "outbox-cleanup"}}}},
    };
    TimeSource time = system_time;
};

/// One line per sample of a metric that is listed:
///     {"_aws":{"Timestamp":1763712000000,"CloudWatchMetrics":[{"Namespace":"TicketBottle/Outbox","Dimensions":[["Service"]],
///     "Metrics":[{"Name":"EventsDeleted","Unit":"Count"}]}]},"Service":"outbox-cleanup","EventsDeleted":12}
/// Each sample is one value, whatever its kind: CloudWatch adds up itself. A value that is not finite is left out. A sink that
/// throws costs the line, never the caller. Log records are ignored.
/// Threads: any, at once; lines never mix. Exceptions: none, except std::bad_alloc.
class EmfObserver final : public Observer {
public:
    explicit EmfObserver(LineSink sink, EmfOptions options = {});

    using Observer::log;
    void log(const LogRecord&) override {}
    void metric(const MetricSample& sample) override;

    /// Lines the sink refused by throwing.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    LineSink sink_;
    EmfOptions options_;
    std::mutex mutex_;
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace ticketbottle::observe
