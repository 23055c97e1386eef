#include "file/posix.hpp"

#include "support/file_bytes.hpp"
#include "support/stop_soon.hpp"
#include "support/temporary_folder.hpp"
#include "unit/file/failing_sync.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>

namespace ticketbottle::file {
namespace {

namespace fs = std::filesystem;

TEST_CASE("errno table: every row says what the caller does next") {
    struct Row {
        int number;
        Errc code;
        const char* text;
    };
    const Row rows[] = {{ENOSPC, Errc::unavailable, "disk full (ENOSPC)"},
                        {EDQUOT, Errc::unavailable, "disk quota used up (EDQUOT)"},
                        {EFBIG, Errc::unavailable, "file size limit reached (EFBIG)"},
                        {EIO, Errc::unavailable, "input/output error (EIO)"},
                        {EROFS, Errc::unavailable, "read-only file system (EROFS)"},
                        {EACCES, Errc::unavailable, "permission denied (EACCES)"},
                        {EPERM, Errc::unavailable, "operation not permitted (EPERM)"},
                        {EMFILE, Errc::unavailable, "too many open files in this process (EMFILE)"},
                        {ENFILE, Errc::unavailable, "too many open files in the system (ENFILE)"},
                        {ENOMEM, Errc::unavailable, "out of memory (ENOMEM)"},
                        {ENOBUFS, Errc::unavailable, "out of buffers (ENOBUFS)"},
                        {ENOENT, Errc::unavailable, "no such file or folder (ENOENT)"},
                        {ENOTDIR, Errc::unavailable, "not a folder (ENOTDIR)"},
                        {EISDIR, Errc::unavailable, "a folder, not a file (EISDIR)"},
                        {ENXIO, Errc::unavailable, "not a regular file (ENXIO)"},
                        {ELOOP, Errc::unavailable, "a symbolic link, not followed (ELOOP)"},
                        {EMLINK, Errc::unavailable, "too many links (EMLINK)"},
                        {EBUSY, Errc::unavailable, "busy (EBUSY)"},
                        {EAGAIN, Errc::unavailable, "temporarily not available (EAGAIN)"},
                        {ENODEV, Errc::unavailable, "device gone (ENODEV)"},
                        {ESTALE, Errc::unavailable, "stale network file handle (ESTALE)"},
                        {ENOLCK, Errc::unavailable, "no locks to be had (ENOLCK)"},
                        {EXDEV, Errc::unavailable, "another file system is mounted inside the folder (EXDEV)"},
                        {ETIMEDOUT, Errc::cancelled, "the deadline passed (ETIMEDOUT)"},
                        {EEXIST, Errc::conflict, "exists already (EEXIST)"},
                        {ENAMETOOLONG, Errc::invalid_argument, "name too long (ENAMETOOLONG)"},
                        {EINVAL, Errc::invalid_argument, "not a usable path (EINVAL)"},
                        {EBADF, Errc::internal, "bad descriptor (EBADF)"}};
    std::set<int> listed;
    for (const Row& row : rows) {
        CHECK(posix::errc_of(posix::Errno{row.number}) == row.code);
        CHECK(posix::describe(posix::Errno{row.number}) == row.text);
        listed.insert(row.number);
    }
    for (const posix::ErrnoRow& row : posix::errno_table()) {
        CAPTURE(row.name);
        CHECK(listed.count(row.number) == 1);
    }
    CHECK(posix::errno_table().size() == std::size(rows));
    CHECK(posix::errc_of(posix::Errno{12345}) == Errc::unavailable);
    CHECK(posix::describe(posix::Errno{12345}) == "system error 12345");
}

TEST_CASE("posix failure: says what was being done") {
    const Error error = posix::failure("topic_log.publish", posix::Errno{ENOSPC}, "writing paid/1.jsonl");
    CHECK(to_string(error) == "topic_log.publish: unavailable: disk full (ENOSPC) writing paid/1.jsonl");
    CHECK(posix::sync_failure("a.b", posix::Errno{EIO}, "syncing x").code == Errc::outcome_unknown);
}

TEST_CASE("posix make_root: makes parents, keeps what is there, and refuses what is no folder") {
    const test::TemporaryFolder folder;
    CHECK(posix::make_root(folder / "a/b//c/").has_value());
    CHECK(fs::is_directory(folder.path() / "a/b/c"));
    CHECK(posix::make_root(folder / "a/b/c").has_value());
    test::write_file(folder.path() / "file", "x");
    CHECK(posix::make_root(folder / "file").error().number == ENOTDIR);
    CHECK(posix::make_root(folder / "file/below").error().number == ENOTDIR);
    CHECK(posix::make_root("").error().number == EINVAL);
    CHECK(posix::make_root(std::string("a\0b", 3)).error().number == EINVAL);
    fs::create_directory_symlink(folder.path() / "a", folder.path() / "link");
    CHECK(posix::make_root(folder / "link").has_value());  // the operator's own links are followed
}

TEST_CASE("posix walk: follows no link, at any step") {
    const test::TemporaryFolder folder;
    fs::create_directories(folder.path() / "root/a/b");
    fs::create_directories(folder.path() / "outside/b");
    fs::create_directory_symlink(folder.path() / "outside", folder.path() / "root/link");
    fs::create_directory_symlink(folder.path() / "outside", folder.path() / "root/a/link");
    const posix::Fd root = std::move(*posix::open_root(folder / "root"));
    using posix::Missing;
    CHECK(posix::walk(root.get(), "a/b", Missing::fails).has_value());
    CHECK(posix::walk(root.get(), "", Missing::fails).has_value());
    for (const char* path : {"link", "link/b", "a/link", "a/link/b"}) {
        CHECK(posix::walk(root.get(), path, Missing::fails).error().number == ENOTDIR);
        CHECK(posix::walk(root.get(), path, Missing::is_made).error().number == ENOTDIR);
    }
    CHECK(posix::walk(root.get(), "a/c", Missing::fails).error().number == ENOENT);
    CHECK(posix::walk(root.get(), "a/c/d", Missing::is_made).has_value());
    CHECK(fs::is_directory(folder.path() / "root/a/c/d"));
}

TEST_CASE("posix open_file: regular files only, and never through a link") {
    const test::TemporaryFolder folder;
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    test::write_file(folder.path() / "file", "x");
    fs::create_symlink(folder.path() / "file", folder.path() / "link");
    fs::create_directory(folder.path() / "folder");
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(posix::open_file(root.get(), "file", O_RDONLY).has_value());
    CHECK(posix::open_file(root.get(), "link", O_RDONLY).error().number == ELOOP);
    CHECK(posix::open_file(root.get(), "folder", O_RDONLY).error().number == EISDIR);
    CHECK(posix::open_file(root.get(), "fifo", O_RDONLY).error().number == ENXIO);
    CHECK(posix::open_file(root.get(), "none", O_RDONLY).error().number == ENOENT);
}

TEST_CASE("posix read_all: the whole file up to the limit") {
    const test::TemporaryFolder folder;
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
        test::write_file(folder.path() / "file", std::string(size, 'x'));
        const posix::Fd file = std::move(*posix::open_file(root.get(), "file", O_RDONLY));
        CHECK(*posix::read_all(file.get(), size) == std::string(size, 'x'));
        CHECK(*posix::read_all(file.get(), size + 10) == std::string(size, 'x'));
        if (size > 0) CHECK(posix::read_all(file.get(), size - 1).error().number == EFBIG);
    }
}

TEST_CASE("posix write_new_file: on failure leaves nothing, and replaces nothing") {
    const test::TemporaryFolder folder;
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    {
        const test::FailingSync failing(EIO);
        CHECK(posix::write_new_file(root.get(), "file", "bytes").error().number == EIO);
        CHECK(fs::is_empty(folder.path()));
    }
    const posix::Outcome<struct stat> written = posix::write_new_file(root.get(), "file", "bytes");
    REQUIRE(written.has_value());
    CHECK(written->st_size == 5);
    CHECK(posix::write_new_file(root.get(), "file", "other").error().number == EEXIST);
    CHECK(test::read_file(folder.path() / "file") == "bytes");
}

TEST_CASE("posix Lock: one holder at a time, and a wait ends with its deadline or a stop") {
    const test::TemporaryFolder folder;
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    const posix::Fd one = std::move(*posix::open_file(root.get(), "lock", O_RDWR | O_CREAT));
    const posix::Fd two = std::move(*posix::open_file(root.get(), "lock", O_RDWR));
    {
        const posix::Outcome<posix::Lock> held = posix::Lock::take(one.get(), Deadline::never());
        REQUIRE(held.has_value());
        CHECK(posix::Lock::take(two.get(), Deadline::in(std::chrono::milliseconds(5))).error().number == ETIMEDOUT);
        const test::StopSoon stop;
        const auto began = std::chrono::steady_clock::now();
        CHECK(posix::Lock::take(two.get(), Deadline::never().or_stop(stop.token())).error().number == ETIMEDOUT);
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    }
    CHECK(posix::Lock::take(two.get(), Deadline::in(std::chrono::milliseconds(5))).has_value());
}

TEST_CASE("posix names: all of them, again and again") {
    const test::TemporaryFolder folder;
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    for (const char* name : {"a", ".b", "c d"}) test::write_file(folder.path() / name, "");
    for (int again = 0; again < 2; ++again) {
        std::vector<std::string> names = *posix::names(root.get());
        std::sort(names.begin(), names.end());
        CHECK(names == std::vector<std::string>{".b", "a", "c d"});
    }
}

}  // namespace
}  // namespace ticketbottle::file
