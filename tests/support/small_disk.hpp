#pragma once
/// \file
/// A file system of a few hundred KiB, in a mount namespace of the calling process. Call it in a child process.

#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace ticketbottle::test {

inline bool write_text(const char* path, const std::string& text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool done = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return done;
}

/// Own mounts, as root or in a user namespace where the system allows that. False: neither is allowed.
[[nodiscard]] inline bool own_mounts() {
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (::unshare(CLONE_NEWNS) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
        (void)write_text("/proc/self/setgroups", "deny");
        if (!write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1")) return false;
        if (!write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1")) return false;
    }
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// Mounts `kib` KiB of memory on `folder`.
[[nodiscard]] inline bool mount_small_disk(const std::string& folder, int kib) {
    const std::string size = "size=" + std::to_string(kib) + "k";
    return own_mounts() && ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
}

[[nodiscard]] inline bool make_read_only(const std::string& folder) {
    return ::mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0;
}

}  // namespace ticketbottle::test
