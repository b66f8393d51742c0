// A fixed number of threads that share out tasks. The caller is one of them, so a pool of one has
// no thread of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sonant {

class Pool {
  public:
    explicit Pool(int threads);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int threads() const { return int(workers_.size()) + 1; }

    // Calls task(0) .. task(count - 1), each once, and returns when all have ended. The first
    // exception of any of them is thrown here. Calls from several threads take turns.
    void run(std::size_t count, const std::function<void(std::size_t)>& task);

  private:
    void work();
    void take_tasks(std::unique_lock<std::mutex>& lock);

    std::mutex callers_;  // held by the call that the workers are working for
    std::mutex mutex_;    // guards all below
    std::condition_variable begun_, ended_;
    const std::function<void(std::size_t)>* task_ = nullptr;
    std::size_t next_ = 0, count_ = 0, running_ = 0;
    std::exception_ptr failure_;
    bool stopping_ = false;
    std::vector<std::thread> workers_;
};

}  // namespace sonant
