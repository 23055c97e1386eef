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
        std::vector<std::string> events;  ///< Types that were published, in the order of topics.
        std::size_t tickets = 0;          ///< Of its tickets, how many PDFs are there.
    };
    std::map<std::string, Order> orders;  ///< By order code.
    std::size_t mails = 0;
    std::uint64_t waiting = 0;  ///< Outbox rows not published.
    std::uint64_t raised = 0;
};

/// Reads database, topics and folders, with the library's own readers.
class DemoLook {
public:
    /// `settings` is borrowed. Errors: as open_source().
    [[nodiscard]] static Result<DemoLook> open(const Settings& settings);
    /// What is there now. Errors: unavailable.
    [[nodiscard]] Result<DemoOutcome> look(const std::vector<DemoOrder>& plan);

private:
    struct Topic {
        std::optional<ticketbottle::EventType> type;  ///< nullopt: the topic of events for a person.
        std::unique_ptr<ticketbottle::MessageSource> source;
    };
    explicit DemoLook(const Settings& settings) : settings_(&settings) {}
    [[nodiscard]] Result<void> read_on(Topic& topic);

    const Settings* settings_;
    std::vector<Topic> topics_;
    std::map<std::string, std::vector<std::string>> events_;  ///< By order code, as read so far.
};

/// One line per difference; empty: all is as it must be.
[[nodiscard]] std::vector<std::string> differences(const DemoOutcome& outcome, const std::vector<DemoOrder>& plan);

/// Mails a plan must lead to: a confirmation per completed order, and one per ticket of it.
[[nodiscard]] std::size_t mails_expected(const std::vector<DemoOrder>& plan);

}  // namespace program
