#include "kafka/ending.hpp"

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace ticketbottle::kafka {

void Ending::begin(std::unique_ptr<Client> client) {
    if (!client) return;
    client->silence();
    {
        const std::lock_guard lock(state_->mutex);
        ++state_->running;
    }
    // Shared, so that a thread that cannot be had leaves it here.
    auto shared = std::make_shared<std::unique_ptr<Client>>(std::move(client));
    const auto end = [shared, state = state_] {
        shared->reset();
        const std::lock_guard lock(state->mutex);
        --state->running;
        state->ended.notify_all();
    };
    try {
        std::thread(end).detach();
    } catch (const std::system_error&) {
        end();
    }
}

bool Ending::wait(Deadline deadline) {
    std::unique_lock lock(state_->mutex);
    while (state_->running > 0 && !deadline.expired())
        state_->ended.wait_for(lock, deadline.slice(std::chrono::milliseconds(100)), [this] { return state_->running == 0; });
    return state_->running == 0;
}

}  // namespace ticketbottle::kafka
