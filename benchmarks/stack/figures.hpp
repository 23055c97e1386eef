#pragma once
/// \file
/// Medians, percentiles, and what a process has used.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace ticketbottle::benchmarks {

/// \param part  0.5 is the median. 0 of nothing.
inline double quantile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const auto at = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(at, 1, values.size()) - 1];
}
inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

struct ProcessUse {
    double cpu_seconds = 0;
    double peak_mib = 0;  ///< Resident, at its highest.
};

/// A word of /proc/PROCESS/stat, numbered as proc(5) does; 0 if the process is gone.
inline double stat_of(pid_t process, std::size_t number) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(stat), {}};
    std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 2)));  // the name, the second, may hold anything
    const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
    return words.size() > number - 3 ? std::atof(words[number - 3].c_str()) : 0;
}
inline pid_t parent_of(pid_t process) { return static_cast<pid_t>(stat_of(process, 4)); }

inline double cpu_seconds_of(pid_t process) {
    return (stat_of(process, 14) + stat_of(process, 15)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}
/// With its children, those that have ended too.
inline double cpu_seconds_of_family(pid_t process) {
    double seconds = cpu_seconds_of(process) + (stat_of(process, 16) + stat_of(process, 17)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    const std::string number = std::to_string(process);
    std::ifstream children("/proc/" + number + "/task/" + number + "/children");
    for (pid_t child = 0; children >> child;) seconds += cpu_seconds_of(child);
    return seconds;
}

/// Of a process that runs, so far.
inline ProcessUse use_of(pid_t process) {
    ProcessUse use;
    use.cpu_seconds = cpu_seconds_of(process);
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:" && status >> use.peak_mib) use.peak_mib /= 1024;
    }
    return use;
}

/// The machine's, of the last minute: what else ran.
inline double load_average() {
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    return load;
}

}  // namespace ticketbottle::benchmarks
