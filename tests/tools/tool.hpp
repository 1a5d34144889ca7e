// Runs the larder command as a shell would: arguments and stdin in; exit code, stdout and stderr out.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace larder::tests {

struct Outcome {
    int exit = -1;   ///< -1 where a signal ended it
    int signal = 0;  ///< 0 where it ended by itself
    std::string out;
    std::string err;

    nlohmann::json json() const { return nlohmann::json::parse(out); }
    /// The object under "error" on stderr.
    nlohmann::json error() const { return nlohmann::json::parse(err).at("error"); }
};

class Tool {
  public:
    using Arguments = std::vector<std::string>;

    Outcome run(const Arguments& arguments, std::string_view in = {}) const;
    /// As a user without rights of its own on our files.
    Outcome run_as_nobody(const Arguments& arguments) const;
    /// With stdout at this path (for /dev/full), or closed if it is empty.
    Outcome run_into(const std::string& out_path, const Arguments& arguments) const;
    /// With stdout a pipe whose reader has gone.
    Outcome run_into_broken_pipe(const Arguments& arguments) const;

    /// Runs, and requires the exit code and, unless that is 0, that there is one line on stderr.
    Outcome expect(int exit, const Arguments& arguments, std::string_view in = {}) const;

    /// A fresh cache in the test's directory; returns its path.
    std::string create(std::string_view name = "c", const Arguments& more = {"--capacity", "4MiB"}) const;
    std::string file(std::string_view name) const { return directory_.file(name); }
    const std::string& directory() const { return directory_.path(); }
    /// Makes a file to read from; returns its path.
    std::string written(std::string_view name, std::string_view bytes) const;

  private:
    struct Start {
        std::string out_path;
        int out = -1;  ///< a descriptor, rather than out_path
        bool nobody = false;
    };
    Outcome start(const Start& how, const Arguments& arguments, std::string_view in) const;
    TemporaryDirectory directory_;
};

}  // namespace larder::tests
