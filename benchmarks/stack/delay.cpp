// From a commit to its event at a consumer.
#include "stack/relay_stack.hpp"
#include "stack/scenarios.hpp"

#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace ticketbottle::benchmarks {
namespace {

using Clock = EventReader::Clock;

constexpr std::size_t per_second = 200;
constexpr std::size_t seconds_left_out = 2;

/// When each event's commit returned, in ticks of the clock; 0: not yet.
using Commits = std::vector<std::atomic<Clock::rep>>;

/// One transaction each, evenly. Ends early when `stop` says so.
void write_events(const std::string& url, Commits& commits, const std::stop_token& stop) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url.c_str()), PQfinish);
    PQclear(PQprepare(connection.get(), "event", insert_events("n", "FROM (SELECT $1::bigint AS n) AS one").c_str(), 0, nullptr));
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < commits.size() && !stop.stop_requested(); ++i) {
        std::this_thread::sleep_until(begin + i * std::chrono::nanoseconds(1'000'000'000 / per_second));
        const std::string number = std::to_string(i);
        const char* const values[] = {number.c_str()};
        PGresult* const result = PQexecPrepared(connection.get(), "event", 1, values, nullptr, nullptr, 0);
        commits[i] = Clock::now().time_since_epoch().count();
        const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!done) return;  // the reader will miss it
    }
}

struct Runs {
    std::vector<double> milliseconds, worst, cpu, mib;
};

void run_once(RelayStack& stack, const RelayKind& kind, std::size_t count, Runs& runs) {
    const std::string topic = stack.clear();
    stack.database().settle_down();
    EventReader reader(stack.broker(), topic, partitions);
    test::Program relay = stack.start(kind, topic);
    std::this_thread::sleep_for(std::chrono::seconds(2));  // the relay and the reader have their connections
    Commits commits(count);
    std::vector<Clock::time_point> arrivals(count);
    const double cpu_before = use_of(relay.pid()).cpu_seconds;
    EventReader::Count counted;
    {
        const std::jthread writer([&](const std::stop_token& stop) { write_events(stack.database().url(), commits, stop); });
        counted = reader.read(count, [&](std::size_t number, Clock::time_point at) { arrivals[number] = at; });
    }
    if (counted.events != count) throw std::runtime_error(fmt::format("{}: {} of {} events came: {}", kind.name, counted.events, count, relay.err()));
    std::vector<double> milliseconds;
    for (std::size_t i = std::min(per_second * seconds_left_out, count / 2); i < count; ++i) {
        // An event may be there before its writer is told so: then it took no time.
        const auto took = arrivals[i] - Clock::time_point(Clock::duration(commits[i].load()));
        milliseconds.push_back(std::max(0.0, std::chrono::duration<double, std::milli>(took).count()));
    }
    const ProcessUse use = use_of(relay.pid());
    runs.cpu.push_back(use.cpu_seconds - cpu_before);
    runs.mib.push_back(use.peak_mib);
    runs.worst.push_back(quantile(milliseconds, 1));
    runs.milliseconds.insert(runs.milliseconds.end(), milliseconds.begin(), milliseconds.end());
    relay.signal(SIGTERM);
    (void)relay.wait();
    fmt::print(stderr, "delay, {}: p50 {:.2f}, p99 {:.2f}, max {:.2f} ms, {:.2f} CPU s\n", kind.name, quantile(milliseconds, 0.5),
               quantile(milliseconds, 0.99), runs.worst.back(), runs.cpu.back());
}

}  // namespace

void delay(const Size& size) {
    using Program = RelayKind::Program;
    const std::vector<RelayKind> kinds{{"floor, polls every 10 ms", Program::floor, 1000, "mark", "bare"},
                                       {"relay", Program::ours, 100, "", ""}};
    const auto count = static_cast<std::size_t>(30 * per_second * size.scale);
    RelayStack stack;
    std::vector<Runs> runs(kinds.size());
    for (int round = 0; round < size.rounds; ++round) {
        for (std::size_t i = 0; i < kinds.size(); ++i) run_once(stack, kinds[i], count, runs[i]);
    }
    fmt::print("From the return of COMMIT to the arrival at a consumer, {} events a second for {} s, the first {} s left out, ms.\n"
               "{:<25} | {:>6} {:>6} {:>6} {:>6} {:>10} | {:>5} {:>8} | load {:.1f}\n",
               per_second, count / per_second, seconds_left_out, "", "p50", "p90", "p99", "max", "median max", "CPU s", "peak MiB", load_average());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const Runs& run = runs[i];
        fmt::print("{:<25} | {:>6.2f} {:>6.2f} {:>6.2f} {:>6.1f} {:>10.1f} | {:>5.2f} {:>8.0f} |\n", kinds[i].name, quantile(run.milliseconds, 0.5),
                   quantile(run.milliseconds, 0.9), quantile(run.milliseconds, 0.99), quantile(run.milliseconds, 1), median(run.worst), median(run.cpu),
                   quantile(run.mib, 1));
    }
    fmt::print("\n");
}

}  // namespace ticketbottle::benchmarks
