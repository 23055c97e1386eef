#include "file/posix.hpp"

#include <ticketbottle/core/ids.hpp>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace ticketbottle::file::posix {
namespace {

// Group may read, so that an operator in the service's group can look; others may not: mails and tickets are personal.
constexpr mode_t file_mode = 0640;
constexpr mode_t folder_mode = 0750;

template <class Call>
auto retry_interrupted(Call call) {
    for (;;) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

Errno errno_of(int result) { return Errno{result < 0 ? errno : 0}; }

Outcome<Fd> opened(int fd) {
    if (fd < 0) return Errno{errno};
    return Fd(fd);
}

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

}  // namespace

void Fd::reset() noexcept {
    if (fd_ >= 0) ::close(fd_);  // what matters was synced before, and close must not be repeated on Linux
    fd_ = -1;
}

Outcome<Fd> open_root(const std::string& path) {
    return opened(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

Outcome<Fd> make_root(const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) return Errno{EINVAL};
    for (std::size_t at = 1; at <= path.size(); ++at) {
        if (at < path.size() && path[at] != '/') continue;
        const std::string prefix = path.substr(0, at);
        if (::mkdir(prefix.c_str(), folder_mode) != 0) {
            if (errno == EEXIST) continue;
            const Errno error{errno};
            struct stat there {};
            // A file system that may not be written says so before it says that the folder exists.
            if (::stat(prefix.c_str(), &there) == 0 && S_ISDIR(there.st_mode)) continue;
            return error;
        }
        const std::size_t slash = prefix.find_last_of('/');
        const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : prefix.substr(0, slash);
        const Outcome<Fd> folder = open_root(parent);
        if (!folder.has_value()) return folder.error();
        if (const Errno error = sync_folder(folder->get()); error.number != 0) return error;
    }
    return open_root(path);
}

Outcome<Fd> open_folder(int at, const std::string& name) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    return opened(retry_interrupted([&] { return ::openat(at, name.c_str(), flags); }));
}

Outcome<Fd> make_folder(int at, const std::string& name) {
    Outcome<Fd> there = open_folder(at, name);
    if (there.has_value() || there.error().number != ENOENT) return there;
    if (::mkdirat(at, name.c_str(), folder_mode) != 0 && errno != EEXIST) return Errno{errno};
    if (const Errno error = sync_folder(at); error.number != 0) return error;
    return open_folder(at, name);
}

Outcome<Fd> walk(int root, std::string_view path, Missing missing) {
    Outcome<Fd> at = opened(::fcntl(root, F_DUPFD_CLOEXEC, 0));
    while (at.has_value() && !path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string name(path.substr(0, slash));
        at = missing == Missing::is_made ? make_folder(at->get(), name) : open_folder(at->get(), name);
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return at;
}

Outcome<Fd> open_file(int at, const std::string& name, int flags) {
    // O_NONBLOCK: a planted FIFO must not hang us.
    const int all = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    Outcome<Fd> file = opened(retry_interrupted([&] { return ::openat(at, name.c_str(), all, file_mode); }));
    if (!file.has_value()) return file;
    const Outcome<struct stat> info = status(file->get());
    if (!info.has_value()) return info.error();
    if (S_ISDIR(info->st_mode)) return Errno{EISDIR};
    if (!S_ISREG(info->st_mode)) return Errno{ENXIO};
    return file;
}

Outcome<struct stat> status(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return Errno{errno};
    return info;
}

Outcome<struct stat> status_at(int at, const std::string& name) {
    struct stat info {};
    if (::fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Errno{errno};
    return info;
}

Written write_all(int fd, std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = retry_interrupted([&] { return ::write(fd, bytes.data() + done, bytes.size() - done); });
        if (count < 0) return {done, Errno{errno}};
        if (count == 0) return {done, Errno{EIO}};
        done += static_cast<std::size_t>(count);
    }
    return {done, {}};
}

Outcome<std::size_t> read_at(int fd, char* into, std::size_t count, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < count) {
        const auto from = static_cast<off_t>(offset + done);
        const ssize_t part = retry_interrupted([&] { return ::pread(fd, into + done, count - done, from); });
        if (part < 0) return Errno{errno};
        if (part == 0) break;
        done += static_cast<std::size_t>(part);
    }
    return done;
}

Outcome<std::string> read_all(int fd, std::size_t bytes_max) {
    const Outcome<struct stat> info = status(fd);
    if (!info.has_value()) return info.error();
    if (info->st_size > static_cast<off_t>(bytes_max)) return Errno{EFBIG};
    std::string bytes(static_cast<std::size_t>(info->st_size) + 1, '\0');  // one more, to see that it has grown
    for (std::size_t done = 0;;) {
        const Outcome<std::size_t> part = read_at(fd, bytes.data() + done, bytes.size() - done, done);
        if (!part.has_value()) return part.error();
        done += *part;
        if (done < bytes.size()) {
            bytes.resize(done);
            return bytes;
        }
        if (done > bytes_max) return Errno{EFBIG};
        bytes.resize(std::min(bytes.size() * 2, bytes_max + 1));
    }
}

Errno sync_data(int fd) {
    return errno_of(retry_interrupted([&] { return ::fdatasync(fd); }));
}

Errno sync_file(int fd) {
    return errno_of(retry_interrupted([&] { return ::fsync(fd); }));
}

Errno sync_folder(int fd) {
    const Errno error = sync_file(fd);
    return error.number == EINVAL || error.number == ENOTSUP ? Errno{} : error;
}

Outcome<std::vector<std::string>> names(int folder) {
    Outcome<Fd> own = opened(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // its own place in the list
    if (!own.has_value()) return own.error();
    const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(own->get()));
    if (!directory) return Errno{errno};
    (void)own->release();  // the directory owns it now
    std::vector<std::string> found;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr && errno != 0) return Errno{errno};
        if (entry == nullptr) return found;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") found.emplace_back(name);
    }
}

Outcome<Lock> Lock::take(int fd, Deadline deadline) {
    std::chrono::microseconds wait{50};
    constexpr std::chrono::microseconds wait_max{5000};
    for (;;) {
        if (retry_interrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) return Lock(fd);
        if (errno != EWOULDBLOCK) return Errno{errno};
        if (deadline.expired()) return Errno{ETIMEDOUT};
        std::this_thread::sleep_for(std::min<std::chrono::microseconds>(wait, deadline.slice()));
        wait = std::min(wait * 2, wait_max);
    }
}

Lock::~Lock() {
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

Outcome<struct stat> write_new_file(int at, const std::string& name, std::string_view bytes) {
    const Outcome<Fd> file = open_file(at, name, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.has_value()) return file.error();
    Errno error = write_all(file->get(), bytes).error;
    if (error.number == 0) error = sync_file(file->get());
    if (error.number == 0) {
        const Outcome<struct stat> info = status(file->get());
        if (info.has_value()) return info;
        error = info.error();
    }
    (void)unlink(at, name);  // the first failure is the one to tell
    return error;
}

Errno rename(int from, const std::string& temporary, int to, const std::string& name) {
    return errno_of(::renameat(from, temporary.c_str(), to, name.c_str()));
}

Errno unlink(int at, const std::string& name) {
    if (::unlinkat(at, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    return Errno{errno};
}

std::string temporary_name() { return ".tkb-" + random_uuid(); }

}  // namespace ticketbottle::file::posix
