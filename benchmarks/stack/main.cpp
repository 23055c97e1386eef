// benchmark_stack [callbacks] [drain] [delay] [--rounds N] [--scale X] [--clients N]: all of them, unless some are named.
#include "stack/scenarios.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* usage = "Usage: benchmark_stack [callbacks] [drain] [delay] [--rounds N] [--scale X] [--clients N]\n";

}  // namespace

int main(int count, char** words) {
    using namespace ticketbottle::benchmarks;
    Size size;
    std::vector<void (*)(const Size&)> chosen;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const char* const value = i + 1 < count ? words[i + 1] : nullptr;
        if (word == "callbacks") {
            chosen.push_back(callbacks);
        } else if (word == "drain") {
            chosen.push_back(drain);
        } else if (word == "delay") {
            chosen.push_back(delay);
        } else if (word == "--rounds" && value != nullptr && std::atoi(value) > 0) {
            size.rounds = std::atoi(words[++i]);
        } else if (word == "--scale" && value != nullptr && std::atof(value) > 0) {
            size.scale = std::atof(words[++i]);
        } else if (word == "--clients" && value != nullptr && std::atoi(value) > 0) {
            size.clients = static_cast<std::size_t>(std::atoi(words[++i]));
        } else {
            std::fputs(usage, stderr);
            return 2;
        }
    }
    if (chosen.empty()) chosen = {callbacks, drain, delay};
    try {
        for (const auto scenario : chosen) scenario(size);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "benchmark_stack: %s\n", error.what());
        return 1;
    }
    return 0;
}
