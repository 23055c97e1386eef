#pragma once
/// \file
/// Two calls at the same time: one here, one on a thread that is begun at the first need and kept. Internal: not installed.

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace ticketbottle::outbox {

/// Threads: used by one at a time.
class SecondThread {
public:
    SecondThread() = default;
    ~SecondThread();
    SecondThread(const SecondThread&) = delete;
    SecondThread& operator=(const SecondThread&) = delete;

    /// Does both and returns when both have ended; one after the other where no thread is to be had. What either throws passes
    /// through, `here`'s if both do.
    void both(const std::function<void()>& here, const std::function<void()>& there);

private:
    [[nodiscard]] bool begin();
    void work();
    [[nodiscard]] std::exception_ptr end();

    std::mutex mutex_;  ///< Of what follows.
    std::condition_variable told_;
    const std::function<void()>* call_ = nullptr;  ///< Until it has ended.
    std::exception_ptr thrown_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace ticketbottle::outbox
