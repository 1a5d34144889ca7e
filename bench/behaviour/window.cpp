// Why a get costs what it costs: how far a processor looks ahead. Two dependent cache misses and a copy, as a lookup makes
// them, with so many instructions that do nothing, or loads, behind them. While few stand between two lookups, the misses of the
// next are under way before those of this one have come back; once there are more than the processor keeps in flight, each
// lookup waits for its own.
#include "behaviour/crew.hpp"

#include "compare/mapping.hpp"
#include "compare/random.hpp"
#include "compare/ticks.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <vector>

namespace larder::bench {

namespace {

constexpr std::size_t kRecords = 4'000'000;
constexpr std::size_t kRecordBytes = 128;
constexpr std::size_t kValueAt = 25;
constexpr std::size_t kValueBytes = 100;
constexpr std::size_t kLookups = 400'000;

/// Records behind an array of their offsets, in no order.
struct Field {
    Mapping mapping;
    std::vector<std::uint32_t> order;

    const std::uint64_t* offsets() const noexcept {
        return reinterpret_cast<const std::uint64_t*>(mapping.data() + kRecords * kRecordBytes);
    }
};

Field make_field(const std::string& path) {
    Field field{Mapping::create(path, kRecords * (kRecordBytes + sizeof(std::uint64_t))), {}};
    std::memset(field.mapping.data(), 1, kRecords * kRecordBytes);
    std::vector<std::uint32_t> places(kRecords);
    std::iota(places.begin(), places.end(), 0U);
    Random random(1);
    for (std::size_t i = kRecords - 1; i > 0; --i) std::swap(places[i], places[random.below(i + 1)]);
    auto* offsets = reinterpret_cast<std::uint64_t*>(field.mapping.data() + kRecords * kRecordBytes);
    for (std::size_t i = 0; i < kRecords; ++i) offsets[i] = std::uint64_t{places[i]} * kRecordBytes;
    for (std::size_t i = 0; i < kLookups; ++i) field.order.push_back(static_cast<std::uint32_t>(random.below(kRecords)));
    return field;
}

template <int kCount>
inline void do_nothing() {
    if constexpr (kCount >= 50) {
        asm volatile(".rept 50\n nop\n .endr");
        do_nothing<kCount - 50>();
    }
}
template <int kCount>
inline void load(const volatile char* from) {
    if constexpr (kCount > 0) {
        (void)*from;
        load<kCount - 1>(from);
    }
}

/// Nanoseconds a lookup, the best of some rounds. `chained`: each waits for the last.
template <int kNothings, int kLoads = 0>
double measure(const Field& field, bool chained) {
    constexpr int kRounds = 7;
    double best = 1e9;
    std::array<char, kValueBytes> copy{};
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t begin = monotonic_ns();
        std::uint32_t last = 0;
        for (const std::uint32_t id : field.order) {
            const char* record = field.mapping.data() + field.offsets()[id ^ last];
            __builtin_prefetch(record + 64);
            std::memcpy(copy.data(), record + kValueAt, copy.size());
            asm volatile("" : : "r"(copy.data()) : "memory");
            // All bytes are ones: what is taken from them changes nothing but the order of things.
            if (chained) last = static_cast<std::uint32_t>(static_cast<unsigned char>(copy[0]) - 1);
            do_nothing<kNothings>();
            load<kLoads>(copy.data());
        }
        best = std::min(best, static_cast<double>(monotonic_ns() - begin) / kLookups);
    }
    return best;
}

void run(const std::string& dir) {
    const ScratchFile file(dir, "window");
    const Field field = make_field(file.path());
    std::printf("Nanoseconds a lookup of two dependent cache misses and a copy of %zu bytes\n", kValueBytes);
    auto print = [](const char* what, double ns) { std::printf("%-46s%8.0f\n", what, ns); };
    print("nothing else", measure<0>(field, false));
    print("and 50 instructions that do nothing", measure<50>(field, false));
    print("100", measure<100>(field, false));
    print("150", measure<150>(field, false));
    print("200", measure<200>(field, false));
    print("250", measure<250>(field, false));
    print("300", measure<300>(field, false));
    print("and 15 loads", measure<0, 15>(field, false));
    print("30", measure<0, 30>(field, false));
    print("60", measure<0, 60>(field, false));
    print("90", measure<0, 90>(field, false));
    print("nothing else, each waiting for the last", measure<0>(field, true));
}

}  // namespace

}  // namespace larder::bench

int main(int count, char** arguments) {
    const bool has_dir = count == 3 && std::strcmp(arguments[1], "--dir") == 0;
    if (count != 1 && !has_dir) {
        std::fprintf(stderr, "usage: window [--dir DIR]\n");
        return 2;
    }
    larder::bench::run(has_dir ? arguments[2] : "/dev/shm");
    return 0;
}
