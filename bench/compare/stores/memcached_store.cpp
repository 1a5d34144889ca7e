// memcached over a Unix socket, by its text protocol.
#include "compare/peer.hpp"
#include "compare/server.hpp"

#include <unistd.h>

#include <charconv>
#include <stdexcept>

namespace larder::bench {

namespace {

class MemcachedSession {
  public:
    explicit MemcachedSession(const std::string& path) : connection_(path) {}

    bool get(const Step& step, Answer& answer) {
        request_.assign("get ").append(step.key()).append("\r\n");
        connection_.begin();
        if (!connection_.send(request_)) return false;
        return read_values(&answer) == 1;
    }

    std::size_t get_many(const Step* steps, Answer* answers) {
        request_.assign("get");
        for (std::size_t i = 0; i < kBatch; ++i) request_.append(" ").append(steps[i].key());
        request_.append("\r\n");
        connection_.begin();
        return connection_.send(request_) ? read_values(answers) : 0;
    }

    bool set(const Step& step, std::string_view value) {
        request_.clear();
        append_set(step, value, "");
        connection_.begin();
        return connection_.send(request_) && connection_.line() == "STORED";
    }

    /// A thousand at a time, answers left out; then one that is answered, so that all have been done.
    void fill(std::span<const Step> steps, const Values& values) {
        request_.clear();
        for (std::size_t i = 0; i < steps.size(); ++i) {
            append_set(steps[i], values.of(steps[i].window), " noreply");
            if (i % 1000 != 999 && i + 1 != steps.size()) continue;
            if (!connection_.send(request_)) throw std::runtime_error("memcached: the connection broke");
            request_.clear();
        }
        if (!steps.empty() && !set(steps.back(), values.of(steps.back().window)))
            throw std::runtime_error("memcached: set failed");
    }

  private:
    void append_set(const Step& step, std::string_view value, const char* how) {
        request_.append("set ").append(step.key()).append(" 0 0 ").append(std::to_string(value.size())).append(how);
        request_.append("\r\n").append(value).append("\r\n");
    }

    /// VALUE lines up to END; returns how many there were.
    std::size_t read_values(Answer* answers) {
        std::size_t hits = 0;
        for (;;) {
            const std::string_view line = connection_.line();
            if (connection_.failed() || line == "END") return hits;
            std::size_t size = 0;
            std::from_chars(line.data() + line.rfind(' ') + 1, line.data() + line.size(), size);
            const std::string_view value = connection_.bytes(size);
            if (connection_.failed()) return hits;
            answers[hits].copy(value.data(), value.size());
            ++hits;
        }
    }

    Connection connection_;
    std::string request_;
};

class MemcachedStore {
  public:
    static constexpr Traits kTraits{.name = "memcached", .says = "memcached, Unix socket", .kind = Kind::server, .rank = 30};

    MemcachedStore(const Place& place, Opening opening) : socket_(place.path) {
        if (opening != Opening::create) return;
        const std::uint64_t mebibytes = std::uint64_t{place.records} * (place.value_size + 400U) * 3 / 2 / (1U << 20U) + 256;
        server_ = std::make_unique<Server>(
            std::vector<std::string>{"memcached", "-s", socket_, "-m", std::to_string(mebibytes), "-t", "2", "-u", "root", "-M"},
            socket_);
        before_ = memory_footprint(server_->pid());
    }
    std::unique_ptr<MemcachedSession> session() { return std::make_unique<MemcachedSession>(socket_); }
    std::uint64_t footprint() { return server_ ? memory_footprint(server_->pid()) - before_ : 0; }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    std::string socket_;
    std::unique_ptr<Server> server_;
    std::uint64_t before_ = 0;
};

const bool registered = register_peer<MemcachedStore>();

}  // namespace

}  // namespace larder::bench
