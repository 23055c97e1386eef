#pragma once
/// \file
/// Log records as JSON lines.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/observe/line_sink.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

namespace ticketbottle::observe {

/// Longest text of a field that is written; the rest is cut between characters. Ours: collectors cut at 16 to 256 KiB.
inline constexpr std::size_t log_text_bytes_max = 8 * 1024;
/// Fields past this many are left out, and "truncated":true says so.
inline constexpr std::size_t log_fields_max = 64;

/// Now, UTC. A host passes its Clock: `[&clock] { return clock.now(); }`.
using TimeSource = std::function<TimePoint()>;
[[nodiscard]] TimePoint system_time();

struct JsonLogOptions {
    Severity threshold = Severity::info;  ///< Records below it are dropped. LOG_LEVEL.
    TimeSource time = system_time;
};

/// One JSON object per record and line, in UTF-8:
///     {"time":"2025-11-21T08:00:00.000Z","severity":"error","event":"outbox.row_dead","message":"...","id":"...","attempts":5}
/// A field named like one of the first four is written with a '_' after its name; of two of one name the first is written. Bytes that are
/// not UTF-8 become U+FFFD, so a line is valid JSON whatever it is given; a number that is not finite becomes null.
/// Metrics are ignored. Threads: any, at once; lines never mix. Exceptions: none, except std::bad_alloc.
class JsonLogObserver final : public Observer {
public:
    explicit JsonLogObserver(LineSink sink, JsonLogOptions options = {});

    using Observer::log;
    void log(const LogRecord& record) override;
    void metric(const MetricSample&) override {}

    /// Lines the sink refused by throwing.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    LineSink sink_;
    JsonLogOptions options_;
    std::mutex mutex_;
    std::atomic<std::uint64_t> lost_{0};
};

/// "debug", "info", "warning" or "warn", "error", "alert", in any case. nullopt: none of them.
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text) noexcept;

}  // namespace ticketbottle::observe
