// What a public Cache holds: a Core, and what it takes to get a new one in a forked child.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/platform/fork_watch.hpp"

#include <larder/cache.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace larder {

/// In a forked child the parent's Core is let go (its mapping is not there, its locks are the parent's), and the file, opened
/// anew through the descriptor before the child gives that up, is attached to at the first use.
class CacheImpl final : public platform::ForkWatch {
  public:
    explicit CacheImpl(std::unique_ptr<cache::Core> core);
    ~CacheImpl();

    /// The core; attaches anew in a forked child. An error when that fails.
    Result<cache::Core*> core() {
        cache::Core* core = core_.load(std::memory_order_acquire);
        if (core != nullptr) [[likely]]
            return core;
        return attach_again();
    }
    /// The core if there is one; nullptr in a forked child that has not attached yet.
    cache::Core* present_core() const noexcept { return core_.load(std::memory_order_acquire); }
    Status close();
    void after_fork_in_child() noexcept override;

  private:
    Result<cache::Core*> attach_again();

    std::atomic<cache::Core*> core_;
    Options options_;
    std::string path_;
    int inherited_ = -1;  // in a forked child: the file, opened anew
    std::unique_ptr<std::mutex> mutex_;
};

}  // namespace larder
