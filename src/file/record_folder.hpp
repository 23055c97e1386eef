#pragma once
/// \file
/// The directory store's own folder, <root>/.tkb: temporary files, one lock per 1/256 of the keys, one record per key.
/// Internal: not installed. Threads: one call at a time.

#include "file/object_record.hpp"
#include "file/posix.hpp"

namespace ticketbottle::file {

class RecordFolder {
public:
    /// Makes what is missing and removes temporary files that a crash left (older than an hour).
    [[nodiscard]] static posix::Outcome<RecordFolder> open(int root);

    [[nodiscard]] int temporary() const noexcept { return temporary_.get(); }

    /// Excludes other writers of the key, in other processes too.
    class KeyLock {
    public:
        KeyLock(posix::Fd file, posix::Lock lock) : file_(std::move(file)), lock_(std::move(lock)) {}

    private:
        posix::Fd file_;  // outlives the lock
        posix::Lock lock_;
    };
    [[nodiscard]] posix::Outcome<KeyLock> lock(std::string_view key, Deadline deadline) const;

    /// No record, or one that is damaged: one without versions.
    [[nodiscard]] posix::Outcome<ObjectRecord> load(std::string_view key) const;
    /// Replaces it, durably when it returns.
    [[nodiscard]] posix::Errno save(const ObjectRecord& record) const;
    [[nodiscard]] posix::Errno remove(std::string_view key) const;

private:
    RecordFolder(posix::Fd temporary, posix::Fd locks, posix::Fd records)
        : temporary_(std::move(temporary)), locks_(std::move(locks)), records_(std::move(records)) {}

    posix::Fd temporary_;
    posix::Fd locks_;
    posix::Fd records_;
};

}  // namespace ticketbottle::file
