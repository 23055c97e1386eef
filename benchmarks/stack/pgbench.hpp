#pragma once
/// \file
/// PostgreSQL's own pgbench, as the peer of `ticketbottle serve`.

#include "support/command.hpp"
#include "support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::benchmarks {

struct PgbenchResult {
    double per_second = 0;  ///< Without the time to connect.
    std::vector<double> milliseconds;
};

/// One thread, each client on a connection of its own, each statement prepared.
/// \param script        A file beside this one. It gets the variables n = 0, clients and first.
/// \param transactions  Of all clients together.
inline PgbenchResult pgbench(const std::string& script, const std::string& port, std::size_t clients, std::size_t transactions, std::int64_t first) {
    const test::TemporaryFolder folder;
    const auto ended = test::run({"pgbench", "-n", "-M", "prepared", "-f", std::string(TKB_SOURCE_DIR) + "/benchmarks/stack/" + script, "-c",
                                  std::to_string(clients), "-j", "1", "-t", std::to_string(transactions / clients), "-D", "n=0", "-D",
                                  "clients=" + std::to_string(clients), "-D", "first=" + std::to_string(first), "-l", "--log-prefix",
                                  folder / "log", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "postgres"});
    const auto at = ended.out.find("tps = ");
    if (ended.exit_code != 0 || at == std::string::npos) throw std::runtime_error("pgbench: " + ended.err + ended.out);
    PgbenchResult result;
    result.per_second = std::stod(ended.out.substr(at + 6));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        std::ifstream log(entry.path());
        for (std::string line; std::getline(log, line);) {  // client, number, microseconds, ...
            std::istringstream words(line);
            double client = 0, number = 0, microseconds = 0;
            words >> client >> number >> microseconds;
            result.milliseconds.push_back(microseconds / 1000);
        }
    }
    return result;
}

}  // namespace ticketbottle::benchmarks
