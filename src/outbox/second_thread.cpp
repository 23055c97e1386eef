#include "outbox/second_thread.hpp"

#include <system_error>
#include <utility>

namespace ticketbottle::outbox {

SecondThread::~SecondThread() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    told_.notify_all();
    thread_.join();
}

void SecondThread::both(const std::function<void()>& here, const std::function<void()>& there) {
    if (!begin()) {
        there();
        here();
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        call_ = &there;
    }
    told_.notify_all();
    try {
        here();
    } catch (...) {
        (void)end();
        throw;
    }
    if (const std::exception_ptr thrown = end()) std::rethrow_exception(thrown);
}

bool SecondThread::begin() {
    if (thread_.joinable()) return true;
    try {
        thread_ = std::thread([this] { work(); });
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

void SecondThread::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        told_.wait(lock, [&] { return call_ != nullptr || closing_; });
        if (call_ == nullptr) return;
        const std::function<void()>& call = *call_;
        lock.unlock();
        std::exception_ptr thrown;
        try {
            call();
        } catch (...) {
            thrown = std::current_exception();
        }
        lock.lock();
        thrown_ = thrown;
        call_ = nullptr;
        told_.notify_all();
    }
}

std::exception_ptr SecondThread::end() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [&] { return call_ == nullptr; });
    return std::exchange(thrown_, nullptr);
}

}  // namespace ticketbottle::outbox
