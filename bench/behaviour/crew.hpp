// Workers that do something together for a while, as threads or as processes, and a cache file of their own to do it with.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace larder::bench {

/// Ends the program with the status's message.
void require(const Status& status);

/// A file name that no other uses, in a directory; the file is deleted at the end of scope.
class ScratchFile {
  public:
    ScratchFile(const std::string& directory, const std::string& name);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

/// Room for so many records of such values; nothing is flushed at the end.
Options roomy(std::uint64_t records, std::uint64_t value_size);
Cache create_cache(const std::string& path, const Options& options);
Cache open_cache(const std::string& path);

/// What one worker does: with an open cache, until the time (monotonic, nanoseconds). Returns how many operations it did.
using Work = std::function<std::uint64_t(Cache& cache, unsigned worker, std::uint64_t until_ns)>;

enum class Crew : std::uint8_t { threads, processes };

/// Operations a second of each worker. Processes open the cache on their own; threads share a handle.
std::vector<double> run_crew(const std::string& path, Crew crew, const std::vector<Work>& workers, double seconds);
double sum(const std::vector<double>& rates);

}  // namespace larder::bench
