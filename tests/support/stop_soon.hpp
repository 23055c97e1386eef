#pragma once
/// \file
/// A stop request that comes by itself while the test is inside a call.

#include <chrono>
#include <stop_token>
#include <thread>

namespace ticketbottle::test {

class StopSoon {
public:
    explicit StopSoon(std::chrono::milliseconds after = std::chrono::milliseconds(50))
        : thread_([this, after] {
              std::this_thread::sleep_for(after);
              source_.request_stop();
          }) {}
    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

private:
    std::stop_source source_;
    std::jthread thread_;  ///< After the source: joined before it goes.
};

}  // namespace ticketbottle::test
