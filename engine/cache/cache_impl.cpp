#include "engine/cache/cache_impl.hpp"

#include "engine/cache/attachment.hpp"
#include "engine/platform/reopen.hpp"

#include <utility>

namespace larder {

CacheImpl::CacheImpl(std::unique_ptr<cache::Core> core)
    : core_(core.get()), options_(core->options), path_(core->path), mutex_(std::make_unique<std::mutex>()) {
    core.release();
}

CacheImpl::~CacheImpl() { (void)close(); }

Status CacheImpl::close() {
    std::unique_ptr<cache::Core> core(core_.exchange(nullptr));
    if (inherited_ >= 0) platform::close_descriptor(std::exchange(inherited_, -1));
    return core ? cache::detach(*core) : Status();
}

void CacheImpl::after_fork_in_child() noexcept {
    cache::Core* parents = core_.exchange(nullptr, std::memory_order_relaxed);
    if (parents == nullptr) return;
    const int descriptor = parents->region.file().descriptor();
    inherited_ = platform::reopen_descriptor(descriptor, parents->region.writable() ? Access::read_write : Access::read_only);
    // The parent's open file description must not stay alive through us: its locks say that the parent lives. The Core itself
    // is left where it is; its destructor would act in the parent's name. So is the mutex, which another thread may hold.
    platform::close_descriptor(descriptor);
    (void)mutex_.release();
}

Result<cache::Core*> CacheImpl::attach_again() {
    static std::mutex making;
    {
        const std::lock_guard lock(making);
        if (mutex_ == nullptr) mutex_ = std::make_unique<std::mutex>();
    }
    const std::lock_guard lock(*mutex_);
    if (cache::Core* core = core_.load(std::memory_order_acquire); core != nullptr) return core;
    if (inherited_ < 0) return Status(Code::closed, "the handle is closed, or could not be opened anew after fork()");
    Result<MappedFile> file = platform::reopen(inherited_, options_.read_only ? Access::read_only : Access::read_write, path_);
    if (!file.ok()) return file.status();
    Result<std::unique_ptr<cache::Core>> core = cache::attach(std::move(*file), path_, options_);
    if (!core.ok()) return core.status();
    platform::close_descriptor(std::exchange(inherited_, -1));
    core_.store(core->release(), std::memory_order_release);
    return core_.load(std::memory_order_relaxed);
}

}  // namespace larder
