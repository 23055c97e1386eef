#pragma once
/// \file
/// What the library has to say, as typed events. A host implements Observer (or takes a renderer of
/// the observe component: JSON log lines, Prometheus text, CloudWatch EMF). There is no global.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ticketbottle {

enum class Severity : std::uint8_t { debug, info, warning, error, alert };
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

/// One name and value of a log record. Views: read during the call only.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// `event` is a stable dotted name to search and alert on ("payment.applied", "outbox.row_dead").
/// Fields never hold secrets or payload; people's names and addresses are left out too.
struct LogRecord {
    Severity severity = Severity::info;
    std::string_view event;
    std::string_view message;  ///< One English sentence, may be empty.
    std::span<const Field> fields;
};

enum class MetricKind : std::uint8_t {
    counter,    ///< `value` is added.
    gauge,      ///< `value` replaces.
    histogram,  ///< `value` is one observation.
};

struct Label {
    std::string_view name;
    std::string_view value;
};

/// Names are Prometheus-style with the unit last: "ticketbottle_callbacks_total",
/// "ticketbottle_callback_seconds". Labels have few values (gateway, outcome, reason).
struct MetricSample {
    std::string_view name;
    MetricKind kind = MetricKind::counter;
    double value = 1;
    std::span<const Label> labels;
};

/// Threads: may be called from every thread that calls into the library, at once. Must not block
/// for long, must not throw, must not call back into the object that reports.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void log(const LogRecord& record) = 0;
    virtual void metric(const MetricSample& sample) = 0;

    /// Shorthands over the two.
    void log(Severity severity, std::string_view event, std::string_view message,
             std::initializer_list<Field> fields = {});
    void count(std::string_view name, std::initializer_list<Label> labels = {}, double by = 1);
    void gauge(std::string_view name, double value, std::initializer_list<Label> labels = {});
    void observe(std::string_view name, double value, std::initializer_list<Label> labels = {});

    /// Discards everything. The default wherever an Observer* may be null.
    [[nodiscard]] static Observer& none() noexcept;
};

}  // namespace ticketbottle
