#pragma once
/// \file
/// What is there after the demo's callbacks, and how it differs from what must be.

#include <map>
#include <string>
#include <vector>

#include "demo_plan.hpp"
#include "wiring.hpp"

namespace program {

struct DemoOutcome {
    struct Order {
        std::string status;               ///< "" if there is no payment.
        std::vector<std::string> events;  ///< Types on the topic log, in the order of topics.
        std::size_t tickets = 0;          ///< Of its tickets, how many PDFs are there.
    };
    std::map<std::string, Order> orders;  ///< By order code.
    std::size_t mails = 0;
    std::uint64_t waiting = 0;  ///< Outbox rows not published.
    std::uint64_t raised = 0;
};

/// Reads database, topic log and folders, with the library's own readers.
[[nodiscard]] Result<DemoOutcome> look(const Settings& settings, const std::vector<DemoOrder>& plan);

/// One line per difference; empty: all is as it must be.
[[nodiscard]] std::vector<std::string> differences(const DemoOutcome& outcome, const std::vector<DemoOrder>& plan);

/// Mails a plan must lead to: a confirmation per completed order, and one per ticket of it.
[[nodiscard]] std::size_t mails_expected(const std::vector<DemoOrder>& plan);

}  // namespace program
