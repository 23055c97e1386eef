// A full outbox drained to Kafka.
#include "stack/relay_stack.hpp"
#include "stack/scenarios.hpp"

#include <fmt/format.h>

#include <map>

namespace ticketbottle::benchmarks {
namespace {

struct Runs {
    std::vector<double> per_second, cpu, mib;
    std::size_t duplicates = 0, out_of_order = 0;
};

void drain_once(RelayStack& stack, const RelayKind& kind, std::size_t rows, Runs& runs) {
    const std::string topic = stack.clear();
    stack.database().sql(insert_events("n", "FROM generate_series(0, " + std::to_string(rows - 1) + ") AS n"));
    stack.database().settle_down();
    EventReader reader(stack.broker(), topic, partitions);
    test::Program relay = stack.start(kind, topic);
    const auto counted = reader.read(rows);
    const ProcessUse use = use_of(relay.pid());
    if (counted.events != rows) throw std::runtime_error(fmt::format("{}: {} of {} events came: {}", kind.name, counted.events, rows, relay.err()));
    const double seconds = std::chrono::duration<double>(counted.last - counted.first).count();
    runs.per_second.push_back(static_cast<double>(rows) / seconds);
    runs.cpu.push_back(use.cpu_seconds);
    runs.mib.push_back(use.peak_mib);
    runs.duplicates += counted.duplicates;
    runs.out_of_order += counted.out_of_order;
    relay.signal(SIGTERM);
    (void)relay.wait();
    fmt::print(stderr, "drain, {}: {:.0f}/s, {:.2f} CPU s\n", kind.name, runs.per_second.back(), use.cpu_seconds);
}

}  // namespace

void drain(const Size& size) {
    using Program = RelayKind::Program;
    const std::vector<RelayKind> kinds{{"floor, marks", Program::floor, 1000, "mark", "bare"},
                                       {"relay", Program::ours, 1000, "", ""},
                                       {"floor, marks, headers", Program::floor, 1000, "mark", "headers"},
                                       {"floor, deletes", Program::floor, 1000, "delete", "bare"},
                                       {"floor, marks, 100", Program::floor, 100, "mark", "bare"},
                                       {"relay, 100 (default)", Program::ours, 100, "", ""}};
    const auto rows = static_cast<std::size_t>(200'000 * size.scale);
    RelayStack stack;
    std::vector<Runs> runs(kinds.size());
    for (int round = 0; round < size.rounds; ++round) {
        for (std::size_t i = 0; i < kinds.size(); ++i) drain_once(stack, kinds[i], rows, runs[i]);
    }
    fmt::print("Drain of {} rows of {} keys to {} partitions, batches of 1000 (fsync on, acks of all), first to last event at the consumer.\n"
               "{:<22} | {:>8} {:>8} {:>8} | {:>13} | {:>5} {:>8} | {:>10} {:>12} | load {:.1f}\n",
               rows, event_keys, partitions, "", "median/s", "least", "most", "to the marking", "CPU s", "peak MiB", "duplicates", "out of order",
               load_average());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const Runs& run = runs[i];
        fmt::print("{:<22} | {:>8.0f} {:>8.0f} {:>8.0f} | {:>14.2f} | {:>5.2f} {:>8.0f} | {:>10} {:>12} |\n", kinds[i].name, median(run.per_second),
                   quantile(run.per_second, 0), quantile(run.per_second, 1), median(run.per_second) / median(runs[0].per_second), median(run.cpu),
                   quantile(run.mib, 1), run.duplicates, run.out_of_order);
    }
    fmt::print("\n");
}

}  // namespace ticketbottle::benchmarks
