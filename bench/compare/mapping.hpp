// A file mapped shared, for the stores that are our own.
#pragma once

#include <cstdint>
#include <string>

namespace larder::bench {

/// Sizes of virtual memory pages: what the system gives by itself, or 2 MiB where it can.
enum class Pages : std::uint8_t { ordinary, large };

class Mapping {
  public:
    /// Creates the file with `size` bytes, sparse (but in large pages), replacing any other; throws std::runtime_error.
    static Mapping create(const std::string& path, std::uint64_t size, Pages pages = Pages::ordinary);
    static Mapping attach(const std::string& path);
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&&) = delete;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    char* data() const noexcept { return data_; }
    std::uint64_t size() const noexcept { return size_; }

  private:
    Mapping(char* data, std::uint64_t size) noexcept : data_(data), size_(size) {}
    void enlarge_pages();

    char* data_;
    std::uint64_t size_;
};

}  // namespace larder::bench
