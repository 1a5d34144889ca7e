#include "compare/dataset.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>

namespace larder::bench {

void write_key(std::uint32_t id, char* out) noexcept {
    std::memcpy(out, "user:000000000000", kKeySize);
    for (char* digit = out + kKeySize - 1; id != 0; id /= 10) *digit-- = static_cast<char>('0' + id % 10);
}

Values::Values(std::uint32_t size) : size_(size), pool_(kWindows * kStride + size, '\0') {
    if (size < sizeof(std::uint32_t)) throw std::invalid_argument("values below 4 bytes cannot be told apart");
    Random random(7);
    for (char& byte : pool_) byte = static_cast<char>(random.next() >> 56U);
    for (std::uint32_t window = 0; window < kWindows; ++window) std::memcpy(&pool_[window * kStride], &window, sizeof(window));
}

bool Values::is_whole(std::string_view bytes) const noexcept {
    std::uint32_t window = 0;
    if (bytes.size() != size_) return false;
    std::memcpy(&window, bytes.data(), sizeof(window));
    return window < kWindows && bytes == of(window);
}

Zipf::Zipf(std::uint32_t n, double theta) : sums_(n), guide_(kGuides + 1, n - 1) {
    double sum = 0;
    for (std::uint32_t rank = 0; rank < n; ++rank) {
        sum += std::pow(static_cast<double>(rank) + 1.0, -theta);
        sums_[rank] = sum;
    }
    std::size_t guide = 0;
    for (std::uint32_t rank = 0; rank < n; ++rank) {
        sums_[rank] /= sum;
        while (guide <= kGuides && static_cast<double>(guide) / static_cast<double>(kGuides) <= sums_[rank]) {
            guide_[guide++] = rank;
        }
    }
}

std::uint32_t Zipf::draw(Random& random) const noexcept {
    const double at = random.fraction();
    const auto guide = static_cast<std::size_t>(at * static_cast<double>(kGuides));
    const auto first = sums_.begin() + guide_[guide];
    const auto last = sums_.begin() + guide_[guide + 1] + 1;
    const auto found = std::lower_bound(first, last, at);
    return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - sums_.begin(), std::ssize(sums_) - 1));
}

namespace {

Step* map_steps(std::size_t count) {
    // Shared, not private: it must not count as the memory of a store that lives in the process's own heap.
    void* memory = mmap(nullptr, count * sizeof(Step), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory for the order of keys");
    return static_cast<Step*>(memory);
}

constexpr std::uint32_t kShareOfWrites = 20;  // one in twenty: 5 %

void write_step(Step& step, std::uint32_t id, Random& random) noexcept {
    write_key(id, step.bytes);
    step.id = id;
    step.write = random.below(kShareOfWrites) == 0 ? 1 : 0;
    step.window = static_cast<std::uint16_t>(random.below(Values::kWindows));
}

Order uniform_order(std::uint32_t records, std::uint32_t steps, unsigned worker) {
    Order order(steps);
    Random random(100 + worker);
    for (Step& step : order.steps()) write_step(step, static_cast<std::uint32_t>(random.below(records)), random);
    return order;
}

/// A number that shares no factor with `records`: multiples of it, modulo `records`, visit every record once, far apart.
std::uint64_t scattering(std::uint32_t records) noexcept {
    std::uint64_t stride = 2654435761U % records;
    while (std::gcd(stride, static_cast<std::uint64_t>(records)) != 1) ++stride;
    return stride;
}

Order zipfian_order(const Zipf& zipf, std::uint32_t records, std::uint32_t steps, unsigned worker) {
    const std::uint64_t stride = scattering(records);  // hot keys are not neighbours
    Order order(steps);
    Random random(200 + worker);
    for (Step& step : order.steps()) {
        write_step(step, static_cast<std::uint32_t>(zipf.draw(random) * stride % records), random);
    }
    return order;
}

}  // namespace

void Order::Unmap::operator()(Step* steps) const noexcept { munmap(steps, bytes); }

Order::Order(std::size_t steps) : count_(steps), steps_(map_steps(steps), Unmap{steps * sizeof(Step)}) {}

Dataset::Dataset(std::uint32_t records, std::uint32_t value_size, std::uint32_t steps, bool with_zipfian)
    : records_(records), values_(value_size), all_(records) {
    const std::uint64_t stride = scattering(records);  // a tree filled in the order of its keys would be no fair peer
    for (std::uint32_t i = 0; i < records; ++i) {
        const auto id = static_cast<std::uint32_t>(i * stride % records);
        Step& step = all_.steps()[i];
        step = Step{.bytes = {}, .write = 1, .window = first_window(id), .id = id};
        write_key(id, step.bytes);
    }
    for (unsigned worker = 0; worker < kWorkers; ++worker) uniform_.push_back(uniform_order(records, steps, worker));
    if (!with_zipfian) return;
    const Zipf zipf(records, 0.99);
    for (unsigned worker = 0; worker < kWorkers; ++worker) zipfian_.push_back(zipfian_order(zipf, records, steps, worker));
}

}  // namespace larder::bench
