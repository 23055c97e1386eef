#pragma once
/// \file
/// Keeps what was reported, for looking at afterwards. Threads: any, at once.

#include <ticketbottle/core/observer.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace ticketbottle::test {

struct Recorded {
    Severity severity = Severity::info;
    std::string event;
    std::map<std::string, std::string> fields;  ///< Numbers and flags as text.
};

class RecordingObserver final : public Observer {
public:
    using Observer::log;
    void log(const LogRecord& record) override {
        Recorded kept{record.severity, std::string(record.event), {}};
        for (const Field& field : record.fields) kept.fields[std::string(field.name)] = text(field);
        const std::lock_guard lock(mutex_);
        records_.push_back(std::move(kept));
    }
    void metric(const MetricSample& sample) override {
        const std::lock_guard lock(mutex_);
        double& value = metrics_[std::string(sample.name)];
        value = sample.kind == MetricKind::counter ? value + sample.value : sample.value;
    }

    [[nodiscard]] std::vector<Recorded> records(std::string_view event) const {
        const std::lock_guard lock(mutex_);
        std::vector<Recorded> found;
        std::ranges::copy_if(records_, std::back_inserter(found), [&](const Recorded& r) { return r.event == event; });
        return found;
    }
    /// Sum of a counter, or the last value of anything else. 0 when never reported.
    [[nodiscard]] double value(const std::string& metric) const {
        const std::lock_guard lock(mutex_);
        const auto place = metrics_.find(metric);
        return place == metrics_.end() ? 0 : place->second;
    }
    [[nodiscard]] bool reported(const std::string& metric) const {
        const std::lock_guard lock(mutex_);
        return metrics_.contains(metric);
    }

private:
    static std::string text(const Field& field) {
        if (const auto* s = std::get_if<std::string_view>(&field.value)) return std::string(*s);
        if (const auto* i = std::get_if<std::int64_t>(&field.value)) return std::to_string(*i);
        if (const auto* d = std::get_if<double>(&field.value)) return std::to_string(*d);
        return std::get<bool>(field.value) ? "true" : "false";
    }

    mutable std::mutex mutex_;
    std::vector<Recorded> records_;
    std::map<std::string, double> metrics_;
};

}  // namespace ticketbottle::test
