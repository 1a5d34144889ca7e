#include "compare/stores/limit_store.hpp"

#include "compare/peer.hpp"

namespace larder::bench {

namespace {

/// Batches take no locks.
constexpr const char* kSingle = "A,latency,B,C,D,E";

/// Readers look again when a write went by; writers exclude each other. Nobody who reads writes.
struct SequenceGuard {
    static constexpr const char* kName = "limit-b-seqlock";
    static constexpr const char* kSays = "limit (b) with sequence locks";
    static constexpr int kRank = 4;
    static constexpr const char* kWorkloads = kSingle;
    template <class Read>
    static bool read(std::uint64_t& word, Read read) {
        std::atomic_ref<std::uint64_t> sequence(word);
        for (;;) {
            const std::uint64_t before = sequence.load(std::memory_order_acquire);
            if (before % 2 != 0) continue;
            const bool found = read();
            std::atomic_thread_fence(std::memory_order_acquire);
            if (sequence.load(std::memory_order_relaxed) == before) return found;
        }
    }
    template <class Write>
    static bool write(std::uint64_t& word, Write write) {
        std::atomic_ref<std::uint64_t> sequence(word);
        std::uint64_t before = sequence.load(std::memory_order_relaxed) & ~std::uint64_t{1};
        while (!sequence.compare_exchange_weak(before, before + 1, std::memory_order_acquire)) before &= ~std::uint64_t{1};
        std::atomic_thread_fence(std::memory_order_release);
        const bool done = write();
        sequence.store(before + 2, std::memory_order_release);
        return done;
    }
};

/// One at a time, readers too.
struct SpinGuard {
    static constexpr const char* kName = "limit-b-spinlock";
    static constexpr const char* kSays = "limit (b) with spin locks";
    static constexpr int kRank = 5;
    static constexpr const char* kWorkloads = kSingle;
    template <class Work>
    static bool read(std::uint64_t& word, Work work) {
        std::atomic_ref<std::uint64_t> lock(word);
        while (lock.exchange(1, std::memory_order_acquire) != 0) {
        }
        const bool done = work();
        lock.store(0, std::memory_order_release);
        return done;
    }
    template <class Work>
    static bool write(std::uint64_t& word, Work work) {
        return read(word, work);
    }
};

/// Limit (c) is the same store; what differs is that its batches are measured, and limit (b)'s single gets.
class LimitC : public LimitStore<NoGuard> {
  public:
    static constexpr Traits kTraits{
        .name = "limit-c", .says = "16 lookups under way at once", .kind = Kind::limit, .rank = 2, .workloads = "Am,Dm,Em"};
    using LimitStore<NoGuard>::LimitStore;
};

/// Limit (b) in pages of 2 MiB: what is left of the distance when the addresses' translation costs less.
class LimitInLargePages : public LimitStore<NoGuard> {
  public:
    static constexpr Traits kTraits{
        .name = "limit-b-2m", .says = "limit (b) in pages of 2 MiB", .kind = Kind::limit, .rank = 3, .workloads = kSingle};
    LimitInLargePages(const Place& place, Opening opening) : LimitStore(place, opening, Pages::large) {}
};

const bool registered = register_peer<LimitStore<NoGuard>>() && register_peer<LimitC>() && register_peer<LimitInLargePages>() &&
                        register_peer<LimitStore<SequenceGuard>>() && register_peer<LimitStore<SpinGuard>>();

}  // namespace

}  // namespace larder::bench
