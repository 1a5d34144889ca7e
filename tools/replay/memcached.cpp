// memcached's text protocol (doc/protocol.txt of memcached).
#include "replay/server.hpp"

#include "failure.hpp"

#include <algorithm>
#include <charconv>

#include <unistd.h>

namespace larder::tools::replay {
namespace {

// Longer times are taken for absolute ones.
constexpr std::int64_t kMostRelativeSeconds = 2592000;

std::vector<std::string> memcached_command(std::uint64_t memory, const std::string& socket) {
    const std::uint64_t mebibytes = std::max<std::uint64_t>(memory >> 20U, 1);
    // It does not start with values of more than half of its memory.
    const std::uint64_t largest = std::min<std::uint64_t>(mebibytes << 19U, 1U << 20U);
    std::vector<std::string> command{
        "memcached", "-s", socket, "-m", std::to_string(mebibytes), "-t", "1", "-I", std::to_string(largest)};
    if (::geteuid() == 0) command.insert(command.end(), {"-u", "root"});
    return command;
}

class Memcached final : public Server {
  public:
    Memcached(std::uint64_t memory, const std::string& socket) : Server(memcached_command(memory, socket), socket) {}

    bool get(std::string_view key) override {
        request_.assign("get ").append(key).append("\r\n");
        connection().send(request_);
        const std::string_view answer = connection().line();
        if (answer == "END") return false;
        if (!answer.starts_with("VALUE ")) unexpected(answer);
        connection().bulk(number_behind_last_space(answer));
        if (const auto end = connection().line(); end != "END") unexpected(end);
        return true;
    }

    bool set(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
        const std::int64_t seconds = std::min((ttl_ms + 999) / 1000, kMostRelativeSeconds);
        request_.assign("set ").append(key).append(" 0 ").append(std::to_string(seconds)).append(" ");
        request_.append(std::to_string(value.size())).append("\r\n").append(value).append("\r\n");
        connection().send(request_);
        return connection().line() == "STORED";
    }

    void remove(std::string_view key) override {
        request_.assign("delete ").append(key).append("\r\n");
        connection().send(request_);
        connection().line();
    }

    std::uint64_t evictions() override { return statistic("evictions"); }
    std::uint64_t records() override { return statistic("curr_items"); }

  private:
    static std::uint64_t number_behind_last_space(std::string_view line) {
        const std::string_view digits = line.substr(line.rfind(' ') + 1);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error != std::errc() || end != digits.data() + digits.size()) unexpected(line);
        return number;
    }

    [[noreturn]] static void unexpected(std::string_view answer) {
        throw Failure(ExitCode::cannot_use, "io_error", "memcached answers '" + std::string(answer.substr(0, 100)) + "'");
    }

    std::uint64_t statistic(std::string_view name) {
        connection().send("stats\r\n");
        std::uint64_t value = 0;
        for (std::string_view line = connection().line(); line != "END"; line = connection().line()) {
            if (line.starts_with("STAT " + std::string(name) + " ")) value = number_behind_last_space(line);
        }
        return value;
    }

    std::string request_;
};

}  // namespace

std::unique_ptr<Server> start_memcached(std::uint64_t memory, const std::string& directory) {
    return std::make_unique<Memcached>(memory, directory + "/memcached");
}

}  // namespace larder::tools::replay
