#include "pool.h"

namespace sonant {

Pool::Pool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

Pool::~Pool() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stopping_ = true;
    }
    begun_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void Pool::run(std::size_t count, const std::function<void(std::size_t)>& task) {
    if (workers_.empty() || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) task(i);
        return;
    }
    const std::lock_guard<std::mutex> turn(callers_);
    std::unique_lock<std::mutex> lock(mutex_);
    task_ = &task;
    next_ = 0;
    count_ = count;
    failure_ = nullptr;
    begun_.notify_all();
    take_tasks(lock);
    ended_.wait(lock, [this] { return running_ == 0; });
    task_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
}

void Pool::work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
        begun_.wait(lock, [this] { return stopping_ || (task_ && next_ < count_); });
        if (stopping_) return;
        take_tasks(lock);
        if (running_ == 0) ended_.notify_one();
    }
}

// Until none is left; the lock is held between tasks, which are long.
void Pool::take_tasks(std::unique_lock<std::mutex>& lock) {
    while (next_ < count_) {
        const std::size_t mine = next_++;
        const std::function<void(std::size_t)>& task = *task_;
        ++running_;
        lock.unlock();
        std::exception_ptr failure;
        try {
            task(mine);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        --running_;
        if (failure && !failure_) failure_ = failure;
    }
}

}  // namespace sonant
