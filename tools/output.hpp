// What a command says on stdout. Nothing is lost in silence: a write that fails throws, and so does close().
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace larder::tools {

using Json = nlohmann::ordered_json;

/// Thrown when the reader of our stdout has gone: a reason to stop, not to complain.
struct BrokenPipe {};

class Output {
  public:
    explicit Output(int descriptor);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Buffered. Throws Failure or BrokenPipe.
    void write(std::string_view bytes);
    /// One document on one line.
    void document(const Json& json);
    void flush();
    /// flush(), and what the file system says only at close (NFS, quotas). To be called once, at the end.
    void close();
    bool is_terminal() const;

  private:
    void write_out(std::string_view bytes);
    int descriptor_;
    std::string buffer_;
};

/// Text of one line; bytes that are not UTF-8 become U+FFFD, for paths and messages may hold any.
std::string json_text(const Json& json);

}  // namespace larder::tools
