#pragma once
/// \file
/// The threads that handle requests. Internal: not installed.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ticketbottle::host {

/// Threads, numbered 0 .. count-1. Of those that are idle, who worked last works next: it is awake soonest, where it was.
/// Were they taken in turn, each job would wake the thread that has slept longest (docs/adr/0022-who-worked-last-works-next.md).
class Workers {
public:
    using Job = std::function<void(std::uint32_t worker)>;

    /// Throws std::system_error when there is no thread to be had.
    explicit Workers(std::uint32_t count);
    ~Workers() { join(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Runs it in one of the threads, as soon as one is free. It must not throw.
    void hand(Job job);
    /// What was handed is done first.
    void join();

private:
    struct Worker {
        Job job;  ///< What it is woken for.
        std::condition_variable told;
        std::thread thread;
    };
    Workers() = default;
    void run(Worker& self, std::uint32_t number);

    std::mutex mutex_;  ///< Of the next three, and of the workers' jobs.
    std::vector<Worker*> idle_;
    std::deque<Job> waiting_;
    bool ending_ = false;
    std::deque<Worker> all_;
};

}  // namespace ticketbottle::host
