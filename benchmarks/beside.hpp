#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace ticketbottle::benchmarks {

/// CPU time of this thread: what others run meanwhile is not counted.
inline double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Runs `work` and `floor` in short turns, so that a slow moment of the machine falls on both alike. The row's time is the CPU time of
/// one `work`; `floor_ns` is that of one `floor`, `of_floor` the median over all turns of the one through the other.
/// For a benchmark with UseManualTime().
template <class Work, class Floor>
void measure_beside(benchmark::State& state, Work work, Floor floor) {
    constexpr int turn = 64;  // long beside a look at the clock
    std::vector<double> ratios;
    std::vector<double> floors;
    while (state.KeepRunningBatch(turn)) {
        const double begin = cpu_seconds();
        for (int i = 0; i < turn; ++i) floor();
        const double middle = cpu_seconds();
        for (int i = 0; i < turn; ++i) work();
        const double end = cpu_seconds();
        state.SetIterationTime(end - middle);
        floors.push_back(1e9 * (middle - begin) / turn);
        ratios.push_back((end - middle) / (middle - begin));
    }
    state.counters["floor_ns"] = median(std::move(floors));
    state.counters["of_floor"] = median(std::move(ratios));
}

}  // namespace ticketbottle::benchmarks
