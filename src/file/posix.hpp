#pragma once
/// \file
/// The system calls of the file room, as values: descriptors that close themselves, paths opened below a folder without
/// following links, writes and syncs that say what they did. Internal: not installed. Threads: any.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace ticketbottle::file::posix {

/// What the system said. Made from an int and nothing else, so that a count can never become an error.
struct Errno {
    Errno() = default;
    explicit Errno(std::same_as<int> auto from) noexcept : number(from) {}
    int number = 0;
};
[[noreturn]] void throw_exception_from_error(Errno error, const boost::source_location& where);
template <class T>
using Outcome = Result<T, Errno>;

/// One row of the adapter's table: what an errno asks of the caller, and how people read it.
struct ErrnoRow {
    int number;
    std::string_view name;
    Errc code;
    std::string_view text;
};
[[nodiscard]] std::span<const ErrnoRow> errno_table() noexcept;
[[nodiscard]] Errc errc_of(Errno error) noexcept;
/// "disk full (ENOSPC)"
[[nodiscard]] std::string describe(Errno error);
/// "disk full (ENOSPC) writing tickets/a.pdf". \param operation  A literal.
[[nodiscard]] Error failure(std::string_view operation, Errno error, std::string_view doing);
/// The same as outcome_unknown: a sync that failed. The system may have dropped what it could not write, so a second
/// sync that succeeds proves nothing; only writing again does.
[[nodiscard]] Error sync_failure(std::string_view operation, Errno error, std::string_view doing);

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }
    void reset() noexcept;
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Opens the folder an operator named, links followed, and makes it (and its parents) durably if it is not there.
[[nodiscard]] Outcome<Fd> make_root(const std::string& path);
/// Opens the folder an operator named, links followed.
[[nodiscard]] Outcome<Fd> open_root(const std::string& path);
/// One name below `at`; a link gives ELOOP or ENOTDIR.
[[nodiscard]] Outcome<Fd> open_folder(int at, const std::string& name);
/// The same, made durably if it is not there.
[[nodiscard]] Outcome<Fd> make_folder(int at, const std::string& name);
enum class Missing : std::uint8_t { fails, is_made };
/// `path` is names separated by '/', none "." or ".."; "" is the root itself, duplicated. No link is followed on the way.
[[nodiscard]] Outcome<Fd> walk(int root, std::string_view path, Missing missing);
/// A regular file, never a link (ELOOP) nor anything else (ENXIO; EISDIR). `flags` as for openat. New files get mode 0640.
[[nodiscard]] Outcome<Fd> open_file(int at, const std::string& name, int flags);

[[nodiscard]] Outcome<struct stat> status(int fd);
/// Of the name itself, links not followed.
[[nodiscard]] Outcome<struct stat> status_at(int at, const std::string& name);

struct Written {
    std::size_t bytes = 0;  ///< How many are in the file.
    Errno error;            ///< 0: all are.
};
[[nodiscard]] Written write_all(int fd, std::string_view bytes);
/// Up to `count` bytes from `offset`, fewer only at the end of the file. `into` has room for `count`.
[[nodiscard]] Outcome<std::size_t> read_at(int fd, char* into, std::size_t count, std::uint64_t offset);
/// The whole file. Over `bytes_max`: EFBIG.
[[nodiscard]] Outcome<std::string> read_all(int fd, std::size_t bytes_max);

/// 0 when done. A folder on a file system that has no such call counts as done.
[[nodiscard]] Errno sync_data(int fd);
[[nodiscard]] Errno sync_file(int fd);
[[nodiscard]] Errno sync_folder(int fd);

/// All names but "." and "..", in no order.
[[nodiscard]] Outcome<std::vector<std::string>> names(int folder);

/// An advisory lock on an open file (flock), held until destruction.
class Lock {
public:
    /// Waits by trying again, because flock knows no deadline. ETIMEDOUT when it passed.
    [[nodiscard]] static Outcome<Lock> take(int fd, Deadline deadline);
    Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock();

private:
    explicit Lock(int fd) : fd_(fd) {}
    int fd_;
};

/// Writes `bytes` into a new file `name` and syncs it; on failure nothing of that name is left.
/// Returns the file's status, for its identity.
[[nodiscard]] Outcome<struct stat> write_new_file(int at, const std::string& name, std::string_view bytes);
/// Replaces or makes `name` with what is in `temporary` of another folder on the same file system.
[[nodiscard]] Errno rename(int from, const std::string& temporary, int to, const std::string& name);
/// Ignores that it is not there.
[[nodiscard]] Errno unlink(int at, const std::string& name);

/// ".tkb-<random>": a name no object, topic or cursor can have.
[[nodiscard]] std::string temporary_name();

}  // namespace ticketbottle::file::posix
