#include "replay/trace_input.hpp"

#include "failure.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>

namespace larder::tools::replay {
namespace {

constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
// No line of a trace is longer; what is, is no trace.
constexpr std::size_t kLongestLine = std::size_t{1} << 16;
constexpr std::size_t kTraceChunk = std::size_t{1} << 17;

}  // namespace

class TraceInput::Decoder {
  public:
    Decoder() : stream_(ZSTD_createDStream()) {}
    ~Decoder() { ZSTD_freeDStream(stream_); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    ZSTD_DStream* stream() noexcept { return stream_; }
    /// Inside of a frame: the input must not end here.
    bool unfinished = false;

  private:
    ZSTD_DStream* stream_;
};

TraceInput::TraceInput(const std::string& path) : input_(path) {
    if (input_.ahead(kZstdMagic.size()).starts_with(kZstdMagic)) decoder_ = std::make_unique<Decoder>();
}

TraceInput::~TraceInput() = default;

std::optional<std::string_view> TraceInput::line() {
    std::size_t end = text_.find('\n', position_);
    while (end == std::string::npos) {
        const std::size_t seen = text_.size() - position_;
        if (seen > kLongestLine) {
            throw Failure(ExitCode::usage, "bad_input", input_.name() + ": a line of more than 64 KiB; this is no trace");
        }
        if (!fill()) break;
        end = text_.find('\n', position_ + seen);
    }
    if (end == std::string::npos && position_ == text_.size()) return std::nullopt;
    std::string_view found = std::string_view(text_).substr(position_, end == std::string::npos ? end : end - position_);
    position_ = end == std::string::npos ? text_.size() : end + 1;
    if (found.ends_with('\r')) found.remove_suffix(1);
    ++line_number_;
    return found;
}

// Whether there is more text now.
bool TraceInput::fill() {
    text_.erase(0, position_);
    position_ = 0;
    const std::size_t before = text_.size();
    while (text_.size() == before && !input_.ahead().empty()) decode();
    if (text_.size() == before && decoder_ && decoder_->unfinished) {
        throw Failure(ExitCode::usage, "bad_input", input_.name() + ": the compressed data ends in the middle");
    }
    return text_.size() > before;
}

void TraceInput::decode() {
    const std::string_view some = input_.ahead();
    if (!decoder_) {
        text_ += some;
        input_.take(some.size());
        return;
    }
    std::array<char, kTraceChunk> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): zstd fills what is read of it
    ZSTD_inBuffer from{some.data(), some.size(), 0};
    ZSTD_outBuffer to{chunk.data(), chunk.size(), 0};
    const std::size_t state = ZSTD_decompressStream(decoder_->stream(), &to, &from);
    if (ZSTD_isError(state) != 0U) {
        throw Failure(ExitCode::usage, "bad_input", input_.name() + ": " + ZSTD_getErrorName(state));
    }
    decoder_->unfinished = state != 0;
    input_.take(from.pos);
    text_.append(chunk.data(), to.pos);
}

}  // namespace larder::tools::replay
