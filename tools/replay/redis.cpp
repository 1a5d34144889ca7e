// Redis's protocol, RESP 2.
#include "replay/server.hpp"

#include "failure.hpp"

#include <charconv>
#include <initializer_list>

namespace larder::tools::replay {
namespace {

std::vector<std::string> redis_command(std::uint64_t memory, const std::string& directory, const std::string& eviction) {
    return {"redis-server",
            "--port",
            "0",
            "--unixsocket",
            directory + "/redis",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            directory,
            "--maxmemory",
            std::to_string(memory),
            "--maxmemory-policy",
            eviction};
}

class Redis final : public Server {
  public:
    Redis(std::uint64_t memory, const std::string& directory, const std::string& eviction)
        : Server(redis_command(memory, directory, eviction), directory + "/redis") {}

    bool get(std::string_view key) override {
        ask({"GET", key});
        return read_bulk(nullptr);
    }

    bool set(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
        if (ttl_ms == 0) {
            ask({"SET", key, value});
        } else {
            ask({"SET", key, value, "PX", std::to_string(ttl_ms)});
        }
        return connection().line() == "+OK";
    }

    void remove(std::string_view key) override {
        ask({"DEL", key});
        connection().line();
    }

    std::uint64_t evictions() override {
        ask({"INFO", "stats"});
        std::string text;
        read_bulk(&text);
        constexpr std::string_view name = "evicted_keys:";
        const std::size_t at = text.find(name);
        return at == std::string::npos ? 0 : number(std::string_view(text).substr(at + name.size()));
    }

    std::uint64_t records() override {
        ask({"DBSIZE"});
        return number(connection().line().substr(1));
    }

  private:
    void ask(std::initializer_list<std::string_view> words) {
        request_.assign("*").append(std::to_string(words.size())).append("\r\n");
        for (const std::string_view word : words) {
            request_.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
        }
        connection().send(request_);
    }

    bool read_bulk(std::string* text) {
        const std::string_view answer = connection().line();
        if (answer == "$-1") return false;
        if (!answer.starts_with("$")) {
            throw Failure(ExitCode::cannot_use, "io_error", "redis answers '" + std::string(answer.substr(0, 100)) + "'");
        }
        const std::string_view bytes = connection().bulk(number(answer.substr(1)));
        if (text != nullptr) *text = bytes;
        return true;
    }

    static std::uint64_t number(std::string_view digits) {
        std::uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    std::string request_;
};

}  // namespace

std::unique_ptr<Server> start_redis(std::uint64_t memory, const std::string& directory, const std::string& eviction) {
    return std::make_unique<Redis>(memory, directory, eviction);
}

}  // namespace larder::tools::replay
