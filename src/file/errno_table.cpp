#include "file/posix.hpp"

#include "core/format.hpp"

#include <array>
#include <cerrno>

namespace ticketbottle::file::posix {
namespace {

// Nearly every failure of a disk is the machine's, not the message's: unavailable, so a relay waits, burns no attempt and
// goes on when a person has made room. The exceptions are names we should not have formed and calls we should not have made.
constexpr std::array<ErrnoRow, 28> rows{{
    {ENOSPC, "ENOSPC", Errc::unavailable, "disk full"},
    {EDQUOT, "EDQUOT", Errc::unavailable, "disk quota used up"},
    {EFBIG, "EFBIG", Errc::unavailable, "file size limit reached"},
    {EIO, "EIO", Errc::unavailable, "input/output error"},
    {EROFS, "EROFS", Errc::unavailable, "read-only file system"},
    {EACCES, "EACCES", Errc::unavailable, "permission denied"},
    {EPERM, "EPERM", Errc::unavailable, "operation not permitted"},
    {EMFILE, "EMFILE", Errc::unavailable, "too many open files in this process"},
    {ENFILE, "ENFILE", Errc::unavailable, "too many open files in the system"},
    {ENOMEM, "ENOMEM", Errc::unavailable, "out of memory"},
    {ENOBUFS, "ENOBUFS", Errc::unavailable, "out of buffers"},
    {ENOENT, "ENOENT", Errc::unavailable, "no such file or folder"},
    {ENOTDIR, "ENOTDIR", Errc::unavailable, "not a folder"},
    {EISDIR, "EISDIR", Errc::unavailable, "a folder, not a file"},
    {ENXIO, "ENXIO", Errc::unavailable, "not a regular file"},
    {ELOOP, "ELOOP", Errc::unavailable, "a symbolic link, not followed"},
    {EMLINK, "EMLINK", Errc::unavailable, "too many links"},
    {EBUSY, "EBUSY", Errc::unavailable, "busy"},
    {EAGAIN, "EAGAIN", Errc::unavailable, "temporarily not available"},
    {ENODEV, "ENODEV", Errc::unavailable, "device gone"},
    {ESTALE, "ESTALE", Errc::unavailable, "stale network file handle"},
    {ENOLCK, "ENOLCK", Errc::unavailable, "no locks to be had"},
    {EXDEV, "EXDEV", Errc::unavailable, "another file system is mounted inside the folder"},
    {ETIMEDOUT, "ETIMEDOUT", Errc::cancelled, "the deadline passed"},
    {EEXIST, "EEXIST", Errc::conflict, "exists already"},
    {ENAMETOOLONG, "ENAMETOOLONG", Errc::invalid_argument, "name too long"},
    {EINVAL, "EINVAL", Errc::invalid_argument, "not a usable path"},
    {EBADF, "EBADF", Errc::internal, "bad descriptor"},
}};

const ErrnoRow* find(Errno error) noexcept {
    for (const ErrnoRow& row : rows) {
        if (row.number == error.number) return &row;
    }
    return nullptr;
}

}  // namespace

std::span<const ErrnoRow> errno_table() noexcept { return rows; }

Errc errc_of(Errno error) noexcept {
    const ErrnoRow* row = find(error);
    return row != nullptr ? row->code : Errc::unavailable;
}

std::string describe(Errno error) {
    const ErrnoRow* row = find(error);
    return row != nullptr ? formatted("{} ({})", row->text, row->name) : formatted("system error {}", error.number);
}

Error failure(std::string_view operation, Errno error, std::string_view doing) {
    return fail(errc_of(error), operation, formatted("{} {}", describe(error), doing));
}

Error sync_failure(std::string_view operation, Errno error, std::string_view doing) {
    return fail(Errc::outcome_unknown, operation, formatted("{} {}", describe(error), doing));
}

void throw_exception_from_error(Errno error, const boost::source_location&) { throw BadResultAccess(describe(error)); }

}  // namespace ticketbottle::file::posix
