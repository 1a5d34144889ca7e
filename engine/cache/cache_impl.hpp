// What a public Cache holds: a Core, and what it takes to get a new one in a forked child.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/platform/fork_watch.hpp"

#include <larder/cache.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace larder {

/// In a forked child the parent's Core is let go (its mapping is not there, its locks are the parent's), and the file, opened
/// anew through the descriptor before the child gives that up, is attached to at the first use.
class CacheImpl final : public platform::ForkWatch {
  public:
    using Opener = std::function<Result<MappedFile>()>;
    /// Attaches to what `open` opens; its open file description must be a new one. Children forked by other threads meanwhile
    /// do not keep that description, however long attaching takes.
    static Result<std::unique_ptr<CacheImpl>> attach(const Opener& open, const std::string& path, const Options& options);
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
    CacheImpl(std::string path, const Options& options);
    Status attach_to(const Opener& open);
    Result<cache::Core*> attach_again();

    std::atomic<cache::Core*> core_{nullptr};
    Options options_;
    std::string path_;
    int descriptor_ = -1;  // holds this handle's locks; changes only while forks wait
    int inherited_ = -1;   // in a forked child: the file, opened anew
    std::mutex mutex_;
};

}  // namespace larder
