// Errors as values. No exception crosses Larder's API: every call that can fail returns a Status or a Result<T>.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#if defined(__GNUC__)
#define LARDER_API __attribute__((visibility("default")))
#else
#define LARDER_API
#endif

namespace larder {

/// What became of a call. Stable: the numbers are part of the ABI and are never reused.
enum class Code : std::uint8_t {
    ok = 0,
    not_found = 1,         ///< no such key (or it has expired)
    exists = 2,            ///< add() found the key, create() found the file
    version_mismatch = 3,  ///< compare_and_swap() found another version
    size_mismatch = 4,     ///< a typed get found a value of another size; a caller's buffer is too small
    not_a_number = 5,      ///< increment() on a value that is not a decimal 64-bit integer, or the sum overflows
    invalid_argument = 6,  ///< an argument outside its documented range; the message names it
    too_large = 7,         ///< key or value beyond the limits of this cache
    full = 8,              ///< no space, and nothing that may be evicted
    busy = 9,              ///< a bounded wait ran out; the message says which process holds what
    read_only = 10,        ///< a write through a handle that was opened read-only
    closed = 11,           ///< the handle was closed or moved from
    permission = 12,       ///< the operating system refused access
    no_such_file = 13,     ///< open() of a file that does not exist
    not_a_cache = 14,      ///< the file is not a Larder cache; the message names the field that is wrong
    wrong_version = 15,    ///< a format version or feature bit that this library does not know
    corrupt = 16,          ///< bytes that fail a check; the message says which
    io_error = 17,         ///< a system call failed; the message names it and its errno
    unsupported = 18,      ///< the file system or platform cannot do this (for example NFS)
    too_many = 19,         ///< the process table is full
    lost = 20,             ///< the file was truncated underneath the mapping (Options::survive_truncation)
};

/// The name of a code, such as "not_found". Never fails; unknown numbers read "unknown".
LARDER_API std::string_view code_name(Code code) noexcept;

/// A code and, for errors that need one, a message that names the culprit. As cheap as an integer and a null pointer when
/// there is no message. Thread safety: as a value type.
class [[nodiscard]] Status {
  public:
    Status() noexcept = default;
    Status(Code code) noexcept : code_(code) {}  // NOLINT(google-explicit-constructor): a code is a status
    Status(Code code, std::string message) : code_(code), message_(std::make_unique<const std::string>(std::move(message))) {}

    Status(Status&&) noexcept = default;
    Status& operator=(Status&&) noexcept = default;
    Status(const Status& other)
        : code_(other.code_), message_(other.message_ ? std::make_unique<const std::string>(*other.message_) : nullptr) {}
    Status& operator=(const Status& other) {
        if (this != &other) *this = Status(other);
        return *this;
    }
    ~Status() = default;

    bool ok() const noexcept { return code_ == Code::ok; }
    explicit operator bool() const noexcept { return ok(); }
    Code code() const noexcept { return code_; }
    /// The message, or the code's name where there is none.
    std::string message() const { return message_ ? *message_ : std::string(code_name(code_)); }

  private:
    Code code_ = Code::ok;
    std::unique_ptr<const std::string> message_;
};

/// A value or the Status that says why there is none. `operator*` and `operator->` require ok().
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
    Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)
    Result(Code code) : status_(code) {}                   // NOLINT(google-explicit-constructor)

    bool ok() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    Code code() const noexcept { return status_.code(); }
    const Status& status() const& noexcept { return status_; }
    Status&& status() && noexcept { return std::move(status_); }

    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return std::move(*value_); }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }
    T value_or(T otherwise) && { return value_ ? std::move(*value_) : std::move(otherwise); }

  private:
    std::optional<T> value_;
    Status status_;
};

}  // namespace larder
