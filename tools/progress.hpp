// How far long work has come: one line on stderr that rewrites itself, only where stderr is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace larder::tools {

class Session;

class Progress {
  public:
    Progress(const Session& session, std::string what);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A `total` of 0 is one that is not known.
    void bytes(std::uint64_t done, std::uint64_t total);
    void count(std::uint64_t done, std::uint64_t total);
    /// Takes the line away, so that other messages start on a clean one.
    void clear();

  private:
    /// Whether it is time to show something again.
    bool due();
    void show(const std::string& done, std::uint64_t part, std::uint64_t total);
    std::string what_;
    bool on_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace larder::tools
