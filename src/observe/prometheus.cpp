#include <ticketbottle/observe/prometheus.hpp>

#include "core/format.hpp"
#include "observe/metric_help.hpp"
#include "observe/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace ticketbottle::observe {

namespace {

constexpr std::string_view dropped_name = "ticketbottle_observe_dropped_samples_total";
constexpr std::size_t name_bytes_max = 200;
constexpr std::size_t label_bytes_max = 200;
constexpr std::size_t labels_max = 10;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// [a-zA-Z_:][a-zA-Z0-9_:]*, or without the colon for a label, which may not begin with two underscores either.
bool is_name(std::string_view text, bool label) {
    const auto allowed = [&](char c) { return is_letter(c) || is_digit(c) || (c == ':' && !label); };
    return !text.empty() && text.size() <= name_bytes_max && !is_digit(text.front()) && std::ranges::all_of(text, allowed) &&
           !(label && text.starts_with("__"));
}

std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
    return out;
}

std::string number(double value) { return formatted("{}", value); }

/// `a="1",b="2"`, sorted by name; nullopt if it cannot be.
std::optional<std::string> labels_text(std::span<const Label> labels, bool histogram) {
    if (labels.size() > labels_max) return std::nullopt;
    std::map<std::string_view, std::string_view> sorted;
    for (const Label& label : labels) {
        if (!is_name(label.name, true) || (histogram && label.name == "le")) return std::nullopt;
        if (!sorted.emplace(label.name, label.value).second) return std::nullopt;
    }
    std::string text;
    for (const auto& [name, value] : sorted) {
        text += formatted("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(to_utf8(value, label_bytes_max), true));
    }
    return text;
}

std::string_view type_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter: return "counter";
        case MetricKind::gauge: return "gauge";
        case MetricKind::histogram: return "histogram";
    }
    return "untyped";
}

struct Series {
    double value = 0;                    ///< Counter, gauge; a histogram's sum.
    std::uint64_t count = 0;             ///< Histogram: observations.
    std::vector<std::uint64_t> buckets;  ///< Histogram: of each bound alone, not cumulative.
};

struct Family {
    MetricKind kind = MetricKind::counter;
    std::map<std::string, Series> series;  ///< By labels_text.
};

}  // namespace

struct PrometheusRegistry::State {
    explicit State(PrometheusOptions settings) : options(std::move(settings)) {
        std::erase_if(options.buckets, [](double bound) { return !std::isfinite(bound); });
        std::ranges::sort(options.buckets);
        options.buckets.erase(std::unique(options.buckets.begin(), options.buckets.end()), options.buckets.end());
    }

    PrometheusOptions options;
    mutable std::mutex mutex;
    std::map<std::string, Family, std::less<>> families;
    std::map<std::string, std::string, std::less<>> helps;
    std::size_t series_count = 0;
    std::uint64_t dropped = 0;

    /// False: the sample cannot be taken.
    bool take(const MetricSample& sample);
    Series* series_of(const MetricSample& sample, std::string labels);
    [[nodiscard]] bool runs_into_another(std::string_view name, MetricKind kind) const;
    void write(std::string& out, const std::string& name, const Family& family) const;
    void write_head(std::string& out, std::string_view name, MetricKind kind) const;
    void write_histogram(std::string& out, const std::string& name, const std::string& labels, const Series& series) const;
};

bool PrometheusRegistry::State::take(const MetricSample& sample) {
    if (!is_name(sample.name, false) || !std::isfinite(sample.value)) return false;
    if (sample.kind == MetricKind::counter && sample.value < 0) return false;
    auto labels = labels_text(sample.labels, sample.kind == MetricKind::histogram);
    if (!labels.has_value()) return false;
    Series* series = series_of(sample, std::move(*labels));
    if (series == nullptr) return false;
    if (sample.kind == MetricKind::gauge) {
        series->value = sample.value;
        return true;
    }
    series->value += sample.value;
    if (sample.kind == MetricKind::histogram) {
        ++series->count;
        const auto bound = std::ranges::lower_bound(options.buckets, sample.value);
        if (bound != options.buckets.end()) ++series->buckets[static_cast<std::size_t>(bound - options.buckets.begin())];
    }
    return true;
}

Series* PrometheusRegistry::State::series_of(const MetricSample& sample, std::string labels) {
    auto family = families.find(sample.name);
    if (family != families.end()) {
        if (family->second.kind != sample.kind) return nullptr;
        if (const auto known = family->second.series.find(labels); known != family->second.series.end()) return &known->second;
    }
    if (series_count >= options.series_max || sample.name == dropped_name) return nullptr;
    if (family == families.end() && runs_into_another(sample.name, sample.kind)) return nullptr;
    if (family == families.end()) family = families.emplace(std::string(sample.name), Family{sample.kind, {}}).first;
    ++series_count;
    Series& made = family->second.series[std::move(labels)];
    if (sample.kind == MetricKind::histogram) made.buckets.resize(options.buckets.size());
    return &made;
}

/// A histogram h is written as h_bucket, h_sum and h_count: another metric of such a name would make the text ambiguous.
bool PrometheusRegistry::State::runs_into_another(std::string_view name, MetricKind kind) const {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (kind == MetricKind::histogram && families.contains(std::string(name).append(suffix))) return true;
        if (!name.ends_with(suffix)) continue;
        const auto base = families.find(name.substr(0, name.size() - suffix.size()));
        if (base != families.end() && base->second.kind == MetricKind::histogram) return true;
    }
    return false;
}

void PrometheusRegistry::State::write_head(std::string& out, std::string_view name, MetricKind kind) const {
    const auto own = helps.find(name);
    const std::string_view help = own != helps.end() ? std::string_view(own->second) : metric_help(name);
    if (!help.empty()) out += formatted("# HELP {} {}\n", name, escaped(help, false));
    out += formatted("# TYPE {} {}\n", name, type_of(kind));
}

void PrometheusRegistry::State::write_histogram(std::string& out, const std::string& name, const std::string& labels,
                                                const Series& series) const {
    const std::string before = labels.empty() ? "" : labels + ",";
    const std::string braces = labels.empty() ? "" : "{" + labels + "}";
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < options.buckets.size(); ++i) {
        total += series.buckets[i];
        out += formatted("{}_bucket{{{}le=\"{}\"}} {}\n", name, before, number(options.buckets[i]), total);
    }
    out += formatted("{}_bucket{{{}le=\"+Inf\"}} {}\n", name, before, series.count);
    out += formatted("{}_sum{} {}\n", name, braces, number(series.value));
    out += formatted("{}_count{} {}\n", name, braces, series.count);
}

void PrometheusRegistry::State::write(std::string& out, const std::string& name, const Family& family) const {
    write_head(out, name, family.kind);
    for (const auto& [labels, series] : family.series) {
        if (family.kind == MetricKind::histogram) {
            write_histogram(out, name, labels, series);
        } else {
            out += formatted("{}{} {}\n", name, labels.empty() ? "" : "{" + labels + "}", number(series.value));
        }
    }
}

PrometheusRegistry::PrometheusRegistry(PrometheusOptions options) : state_(std::make_unique<State>(std::move(options))) {}
PrometheusRegistry::~PrometheusRegistry() = default;

void PrometheusRegistry::metric(const MetricSample& sample) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->take(sample)) ++state_->dropped;
}

void PrometheusRegistry::describe(std::string name, std::string help) {
    const std::lock_guard lock(state_->mutex);
    state_->helps[std::move(name)] = to_utf8(help, 1000);
}

std::string PrometheusRegistry::text() const {
    const std::lock_guard lock(state_->mutex);
    std::string out;
    for (const auto& [name, family] : state_->families) state_->write(out, name, family);
    state_->write_head(out, dropped_name, MetricKind::counter);
    out += formatted("{} {}\n", dropped_name, state_->dropped);
    return out;
}

}  // namespace ticketbottle::observe
