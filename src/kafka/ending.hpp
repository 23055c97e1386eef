#pragma once
/// \file
/// Ends librdkafka's clients beside the caller. Internal: not installed.

#include <ticketbottle/core/time.hpp>

#include "kafka/client.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace ticketbottle::kafka {

/// librdkafka waits for its threads when it ends, and one of them may hang in the system's resolver.
class Ending {
public:
    /// nullptr: nothing. The client is silenced first.
    void begin(std::unique_ptr<Client> client);
    /// Have all ended before the deadline?
    [[nodiscard]] bool wait(Deadline deadline);

private:
    struct State {
        std::mutex mutex;
        std::condition_variable ended;
        int running = 0;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ticketbottle::kafka
