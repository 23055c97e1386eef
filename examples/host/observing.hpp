#pragma once
/// \file
/// What the program has to say: JSON log lines on stderr, and metrics for /metrics.

#include <memory>
#include <string>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/host/settings.hpp>

namespace program {

class Observing {
public:
    /// Log lines of LOG_LEVEL and above; CloudWatch lines too when CLOUDWATCH_NAMESPACE is set.
    /// \param log_file  Lines are appended there instead of stderr, if not empty. Cannot be opened: stderr.
    explicit Observing(const ticketbottle::host::Settings& settings, const std::string& log_file = {});
    ~Observing();
    Observing(const Observing&) = delete;
    Observing& operator=(const Observing&) = delete;

    [[nodiscard]] ticketbottle::Observer& observer() noexcept;
    /// Prometheus text exposition format 0.0.4.
    [[nodiscard]] std::string metrics_text() const;
    [[nodiscard]] static const char* metrics_content_type() noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace program
