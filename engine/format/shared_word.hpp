// A word of the file that only the owner of a lock means to change.
#pragma once

#include <cstdint>

namespace larder::format {

/// Reads and writes as the integer would, but as one access each: the compiler must not load a word again after it was
/// compared with its bound, since bytes that somebody else scribbles may differ by then (INV-18).
template <class T>
class SharedWord {
  public:
    SharedWord() noexcept = default;
    SharedWord(T value) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor): it stands for the integer
    SharedWord(const SharedWord& other) noexcept : value_(other.load()) {}
    SharedWord& operator=(const SharedWord& other) noexcept {
        *this = other.load();
        return *this;
    }
    SharedWord& operator=(T value) noexcept {
        __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
        return *this;
    }
    ~SharedWord() = default;

    operator T() const noexcept { return load(); }  // NOLINT(google-explicit-constructor)
    T load() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
    T operator++() noexcept { return add(T{1}); }
    T operator--() noexcept { return add(static_cast<T>(-1)); }

  private:
    T add(T difference) noexcept {
        const T sum = static_cast<T>(load() + difference);
        __atomic_store_n(&value_, sum, __ATOMIC_RELAXED);
        return sum;
    }
    T value_;
};

using SharedU16 = SharedWord<std::uint16_t>;
using SharedU32 = SharedWord<std::uint32_t>;
static_assert(sizeof(SharedU16) == 2 && sizeof(SharedU32) == 4);

}  // namespace larder::format
