#include "engine/cache/cache_impl.hpp"

#include "engine/cache/attachment.hpp"
#include "engine/platform/reopen.hpp"

#include <new>
#include <utility>

namespace larder {

CacheImpl::CacheImpl(std::string path, const Options& options) : options_(options), path_(std::move(path)) {}

CacheImpl::~CacheImpl() {
    (void)close();
    stop_watching();
}

Result<std::unique_ptr<CacheImpl>> CacheImpl::attach(const Opener& open, const std::string& path, const Options& options) {
    std::unique_ptr<CacheImpl> impl;
    {
        const platform::ForkPause pause;
        impl.reset(new CacheImpl(path, options));
    }
    if (Status status = impl->attach_to(open); !status.ok()) return status;
    return impl;
}

// A fork waits while the description is opened and while it is closed, but not in between, which may be a long recovery:
// there the child knows the descriptor that it must close.
Status CacheImpl::attach_to(const Opener& open) {
    auto core = std::make_unique<cache::Core>();
    MappedFile file;
    {
        const platform::ForkPause pause;
        Result<MappedFile> opened = open();
        if (!opened.ok()) return opened.status();
        file = std::move(*opened);
        descriptor_ = file.descriptor();
    }
    Status status = cache::attach(*core, file, path_, options_);
    if (status.ok()) {
        core_.store(core.release(), std::memory_order_release);
        return status;
    }
    const platform::ForkPause pause;
    descriptor_ = -1;
    core.reset();
    file = MappedFile();
    return status;
}

Status CacheImpl::close() {
    cache::Core* core = core_.load(std::memory_order_acquire);
    Status status = core != nullptr ? cache::detach(*core) : Status();
    const platform::ForkPause pause;
    core_.store(nullptr, std::memory_order_release);
    descriptor_ = -1;
    delete core;
    if (inherited_ >= 0) platform::close_descriptor(std::exchange(inherited_, -1));
    return status;
}

void CacheImpl::after_fork_in_child() noexcept {
    const cache::Core* parents = core_.exchange(nullptr, std::memory_order_relaxed);
    // Another thread may have held it, which is not there any more.
    new (&mutex_) std::mutex;
    if (descriptor_ < 0) return;
    // A handle that was just being opened is nobody's in the child.
    if (parents != nullptr)
        inherited_ =
            platform::reopen_descriptor(descriptor_, parents->region.writable() ? Access::read_write : Access::read_only);
    // The parent's open file description must not stay alive through us: its locks say that the parent lives. The Core itself
    // is left where it is; its destructor would act in the parent's name.
    platform::close_descriptor(std::exchange(descriptor_, -1));
}

Result<cache::Core*> CacheImpl::attach_again() {
    const std::lock_guard lock(mutex_);
    if (cache::Core* core = core_.load(std::memory_order_acquire); core != nullptr) return core;
    if (inherited_ < 0) return Status(Code::closed, "the handle is closed, or could not be opened anew after fork()");
    const Access access = options_.read_only ? Access::read_only : Access::read_write;
    if (Status status = attach_to([&] { return platform::reopen(inherited_, access, path_); }); !status.ok()) return status;
    const platform::ForkPause pause;
    platform::close_descriptor(std::exchange(inherited_, -1));
    return core_.load(std::memory_order_relaxed);
}

}  // namespace larder
