#include <ticketbottle/observe/tee.hpp>

#include <utility>

namespace ticketbottle::observe {

TeeObserver::TeeObserver(std::vector<Observer*> observers) : observers_(std::move(observers)) { std::erase(observers_, nullptr); }

void TeeObserver::log(const LogRecord& record) {
    for (Observer* observer : observers_) {
        try {
            observer->log(record);
        } catch (...) {
            // It must not; the next one shall hear of it all the same.
        }
    }
}

void TeeObserver::metric(const MetricSample& sample) {
    for (Observer* observer : observers_) {
        try {
            observer->metric(sample);
        } catch (...) {
            // As above.
        }
    }
}

}  // namespace ticketbottle::observe
