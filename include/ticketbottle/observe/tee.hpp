#pragma once
/// \file
/// One observer that is several.

#include <ticketbottle/core/observer.hpp>

#include <vector>

namespace ticketbottle::observe {

/// Passes everything on to each, in order. One that throws (it must not) keeps the others from nothing.
/// Threads: as the observers. Lifetimes: the observers are borrowed; null pointers are left out.
class TeeObserver final : public Observer {
public:
    explicit TeeObserver(std::vector<Observer*> observers);

    using Observer::log;
    void log(const LogRecord& record) override;
    void metric(const MetricSample& sample) override;

private:
    std::vector<Observer*> observers_;
};

}  // namespace ticketbottle::observe
