#include <ticketbottle/core/observer.hpp>

namespace ticketbottle {

namespace {

class NoObserver final : public Observer {
public:
    void log(const LogRecord&) override {}
    void metric(const MetricSample&) override {}
};

std::span<const Label> as_span(std::initializer_list<Label> labels) { return {labels.begin(), labels.size()}; }

}  // namespace

std::string_view to_string(Severity severity) noexcept {
    switch (severity) {
        case Severity::debug:
            return "debug";
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::error:
            return "error";
        case Severity::alert:
            return "alert";
    }
    return "unknown";
}

void Observer::log(Severity severity, std::string_view event, std::string_view message,
                   std::initializer_list<Field> fields) {
    log(LogRecord{severity, event, message, std::span<const Field>(fields.begin(), fields.size())});
}

void Observer::count(std::string_view name, std::initializer_list<Label> labels, double by) {
    metric(MetricSample{name, MetricKind::counter, by, as_span(labels)});
}

void Observer::gauge(std::string_view name, double value, std::initializer_list<Label> labels) {
    metric(MetricSample{name, MetricKind::gauge, value, as_span(labels)});
}

void Observer::observe(std::string_view name, double value, std::initializer_list<Label> labels) {
    metric(MetricSample{name, MetricKind::histogram, value, as_span(labels)});
}

Observer& Observer::none() noexcept {
    static NoObserver instance;  // has no state
    return instance;
}

}  // namespace ticketbottle
