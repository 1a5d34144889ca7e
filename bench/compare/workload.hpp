// The workloads, and what Larder is to reach in each as a ratio to the limit measured beside it.
#pragma once

#include "compare/dataset.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace larder::bench {

enum class Operation : std::uint8_t { get, mixed, set, batch, latency };

/// Which data a workload runs on. The order is the order of the runs.
enum class Shape : std::uint8_t { large, wide, small };

struct ShapeSize {
    std::string_view name;
    std::uint32_t records;
    std::uint32_t value_size;
    std::uint32_t steps;  ///< in the order of one worker
    bool zipfian;
};

/// 8 million records of 100 bytes; 500 thousand of 4 KiB; 10 thousand of 100 bytes, which fit the processor's caches.
inline constexpr std::array<ShapeSize, 3> kShapes{{
    {"large", 8'000'000, 100, 1U << 22U, true},
    {"wide", 500'000, 4096, 1U << 20U, false},
    {"small", 10'000, 100, 1U << 16U, false},
}};

struct Workload {
    std::string_view name;
    std::string_view says;
    Shape shape;
    Operation operation;
    Choice choice;
    double reach;    ///< ratio to limit (b)
    double stretch;  ///< ratio to limit (b)
};

/// Those that only read come first: later ones change what the store holds.
inline constexpr std::array<Workload, 9> kWorkloads{{
    {"A", "get, uniform, 100 bytes", Shape::large, Operation::get, Choice::uniform, .85, .95},
    {"latency", "one get of A at a time", Shape::large, Operation::latency, Choice::uniform, 1.3, 1.1},
    {"Am", "A in batches of 16", Shape::large, Operation::batch, Choice::uniform, 3.0, 3.6},
    {"B", "95 % get, 5 % set, zipfian", Shape::large, Operation::mixed, Choice::zipfian, .85, 1.0},
    {"C", "overwrite, uniform", Shape::large, Operation::set, Choice::uniform, .60, .75},
    {"D", "get, uniform, 4 KiB", Shape::wide, Operation::get, Choice::uniform, .95, 1.0},
    {"Dm", "D in batches of 16", Shape::wide, Operation::batch, Choice::uniform, 0, 0},
    {"E", "get, in the processor's caches", Shape::small, Operation::get, Choice::uniform, .72, .85},
    {"Em", "E in batches of 16", Shape::small, Operation::batch, Choice::uniform, 0, 0},
}};

inline constexpr double kFillReach = .50;
inline constexpr double kFillStretch = .75;
inline constexpr double kSpaceReach = 32;  // bytes a record beyond key and value
inline constexpr double kSpaceStretch = 24;
inline constexpr double kScalingReach = 1.9;

inline constexpr bool reads_only(Operation operation) noexcept {
    return operation == Operation::get || operation == Operation::batch || operation == Operation::latency;
}

/// How many work at once, and in how many processes.
enum class Mode : std::uint8_t { one, two_threads, two_processes };
inline constexpr std::array<Mode, 3> kModes{Mode::one, Mode::two_threads, Mode::two_processes};
inline constexpr std::array<std::string_view, 3> kModeNames{"1 thread", "2 threads", "2 processes"};

}  // namespace larder::bench
