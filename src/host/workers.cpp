#include "host/workers.hpp"

#include <utility>

namespace ticketbottle::host {

Workers::Workers(std::uint32_t count) : Workers() {
    idle_.reserve(count);  // a worker that becomes idle needs no memory
    for (std::uint32_t number = 0; number < count; ++number) {
        Worker& self = all_.emplace_back();
        self.thread = std::thread([this, &self, number] { run(self, number); });
    }
}

void Workers::hand(Job job) {
    std::unique_lock lock(mutex_);
    if (idle_.empty()) return waiting_.push_back(std::move(job));
    Worker& next = *idle_.back();
    idle_.pop_back();
    next.job = std::move(job);
    lock.unlock();
    next.told.notify_one();
}

void Workers::join() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (Worker* worker : idle_) worker->told.notify_one();
        idle_.clear();
    }
    for (Worker& worker : all_) {
        if (worker.thread.joinable()) worker.thread.join();
    }
}

void Workers::run(Worker& self, std::uint32_t number) {
    std::unique_lock lock(mutex_);
    for (;;) {
        Job job;
        if (!waiting_.empty()) {
            job = std::move(waiting_.front());
            waiting_.pop_front();
        } else {
            if (ending_) return;
            idle_.push_back(&self);
            self.told.wait(lock, [&] { return self.job || ending_; });
            if (!self.job) return;
            job = std::exchange(self.job, nullptr);
        }
        lock.unlock();
        job(number);
        job = nullptr;
        lock.lock();
    }
}

}  // namespace ticketbottle::host
