// Redis over a Unix socket, persistence switched off.
#include "compare/peer.hpp"
#include "compare/server.hpp"

#include <unistd.h>

#include <charconv>
#include <stdexcept>

namespace larder::bench {

namespace {

class RedisSession {
  public:
    explicit RedisSession(const std::string& path) : connection_(path) {}

    bool get(const Step& step, Answer& answer) {
        request_.assign("*2\r\n$3\r\nGET\r\n");
        append_bulk(step.key());
        connection_.begin();
        return connection_.send(request_) && read_bulk(answer);
    }

    std::size_t get_many(const Step* steps, Answer* answers) {
        request_.assign("*").append(std::to_string(kBatch + 1)).append("\r\n$4\r\nMGET\r\n");
        for (std::size_t i = 0; i < kBatch; ++i) append_bulk(steps[i].key());
        connection_.begin();
        if (!connection_.send(request_)) return 0;
        connection_.line();
        std::size_t hits = 0;
        for (std::size_t i = 0; i < kBatch; ++i) hits += read_bulk(answers[i]);
        return hits;
    }

    bool set(const Step& step, std::string_view value) {
        request_.clear();
        append_set(step, value);
        connection_.begin();
        return connection_.send(request_) && connection_.line() == "+OK";
    }

    /// A hundred on the way at a time.
    void fill(std::span<const Step> steps, const Values& values) {
        constexpr std::size_t kOnTheWay = 100;
        for (std::size_t at = 0; at < steps.size(); at += kOnTheWay) {
            const std::span<const Step> some = steps.subspan(at, std::min(kOnTheWay, steps.size() - at));
            request_.clear();
            for (const Step& step : some) append_set(step, values.of(step.window));
            connection_.begin();
            if (!connection_.send(request_)) throw std::runtime_error("redis: the connection broke");
            for (std::size_t i = 0; i < some.size(); ++i) {
                if (connection_.line() != "+OK") throw std::runtime_error("redis: a set failed");
            }
        }
    }

  private:
    void append_bulk(std::string_view bytes) {
        request_.append("$").append(std::to_string(bytes.size())).append("\r\n").append(bytes).append("\r\n");
    }
    void append_set(const Step& step, std::string_view value) {
        request_.append("*3\r\n$3\r\nSET\r\n");
        append_bulk(step.key());
        append_bulk(value);
    }
    bool read_bulk(Answer& answer) {
        const std::string_view line = connection_.line();
        if (line.size() < 2 || line[0] != '$' || line[1] == '-') return false;
        std::size_t size = 0;
        std::from_chars(line.data() + 1, line.data() + line.size(), size);
        const std::string_view value = connection_.bytes(size);
        return !connection_.failed() && answer.copy(value.data(), value.size());
    }

    Connection connection_;
    std::string request_;
};

class RedisStore {
  public:
    static constexpr Traits kTraits{.name = "redis", .says = "Redis, Unix socket", .kind = Kind::server, .rank = 31};

    RedisStore(const Place& place, Opening opening) : socket_(place.path) {
        if (opening != Opening::create) return;
        server_ = std::make_unique<Server>(
            std::vector<std::string>{"redis-server", "--unixsocket", socket_, "--port", "0", "--save", "", "--appendonly", "no"},
            socket_);
        before_ = memory_footprint(server_->pid());
    }
    std::unique_ptr<RedisSession> session() { return std::make_unique<RedisSession>(socket_); }
    std::uint64_t footprint() { return server_ ? memory_footprint(server_->pid()) - before_ : 0; }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    std::string socket_;
    std::unique_ptr<Server> server_;
    std::uint64_t before_ = 0;
};

const bool registered = register_peer<RedisStore>();

}  // namespace

}  // namespace larder::bench
