#include <ticketbottle/observe/emf.hpp>

#include "core/json.hpp"
#include "observe/text.hpp"

#include <algorithm>
#include <cmath>

namespace ticketbottle::observe {

namespace {

constexpr std::size_t dimensions_max = 30;
constexpr std::size_t value_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 250;
using Dimensions = std::vector<std::pair<std::string, std::string>>;

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(text, out);
    return out;
}

/// CloudWatch refuses an empty dimension value, and a name twice would make the line ambiguous.
void add_dimension(Dimensions& dimensions, std::string_view name, std::string_view value, const std::string& metric) {
    std::string clean = to_utf8(name, name_bytes_max);
    if (clean.empty() || value.empty() || clean == "_aws" || clean == metric || dimensions.size() >= dimensions_max) return;
    const bool taken = std::ranges::any_of(dimensions, [&](const auto& known) { return known.first == clean; });
    if (!taken) dimensions.emplace_back(std::move(clean), to_utf8(value, value_bytes_max));
}

Dimensions dimensions_of(const EmfMetric& metric, const MetricSample& sample) {
    Dimensions dimensions;
    for (const auto& [name, value] : metric.dimensions) add_dimension(dimensions, name, value, metric.name);
    for (const Label& label : sample.labels) add_dimension(dimensions, label.name, label.value, metric.name);
    return dimensions;
}

std::string metadata(const EmfOptions& options, const EmfMetric& metric, const Dimensions& dimensions) {
    std::string names;
    for (const auto& [name, value] : dimensions) names += (names.empty() ? "" : ",") + quoted(name);
    std::string directive;
    json::ObjectWriter writer(directive);
    writer.string("Namespace", to_utf8(options.name_space, name_bytes_max));
    writer.raw("Dimensions", "[[" + names + "]]");
    writer.raw("Metrics", R"([{"Name":)" + quoted(to_utf8(metric.name, name_bytes_max)) + R"(,"Unit":)" +
                              quoted(to_utf8(metric.unit, name_bytes_max)) + "}]");
    writer.finish();

    std::string out;
    json::ObjectWriter aws(out);
    aws.integer("Timestamp", options.time().time_since_epoch().count());
    aws.raw("CloudWatchMetrics", "[" + directive + "]");
    aws.finish();
    return out;
}

std::string line_of(const EmfOptions& options, const EmfMetric& metric, const MetricSample& sample) {
    const Dimensions dimensions = dimensions_of(metric, sample);
    std::string line;
    json::ObjectWriter writer(line);
    writer.raw("_aws", metadata(options, metric, dimensions));
    for (const auto& [name, value] : dimensions) writer.string(name, value);
    writer.raw(to_utf8(metric.name, name_bytes_max), to_json_number(sample.value));
    writer.finish();
    line += '\n';
    return line;
}

}  // namespace

EmfObserver::EmfObserver(LineSink sink, EmfOptions options) : sink_(std::move(sink)), options_(std::move(options)) {}

void EmfObserver::metric(const MetricSample& sample) {
    const auto metric = options_.metrics.find(sample.name);
    if (metric == options_.metrics.end() || !std::isfinite(sample.value)) return;
    const std::string line = line_of(options_, metric->second, sample);
    const std::lock_guard lock(mutex_);
    try {
        sink_(line);
    } catch (...) {
        ++lost_;
    }
}

}  // namespace ticketbottle::observe
