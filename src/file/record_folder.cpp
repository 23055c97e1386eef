#include "file/record_folder.hpp"

#include "file/sweep.hpp"

#include <cerrno>
#include <fcntl.h>

namespace ticketbottle::file {
namespace {

constexpr std::chrono::hours abandoned_after{1};

/// Where a key's record stands: keys themselves are too long for names, and no two keys share a hash.
struct Place {
    std::string shard;  ///< Two hex digits.
    std::string name;
};

Place place_of(std::string_view key) {
    const std::string hash = object_etag(key);
    return {hash.substr(0, 2), hash + ".json"};
}

}  // namespace

posix::Outcome<RecordFolder> RecordFolder::open(int root) {
    posix::Outcome<posix::Fd> own = posix::make_folder(root, ".tkb");
    if (!own.has_value()) return own.error();
    posix::Outcome<posix::Fd> temporary = posix::make_folder(own->get(), "tmp");
    if (!temporary.has_value()) return temporary.error();
    posix::Outcome<posix::Fd> locks = posix::make_folder(own->get(), "locks");
    if (!locks.has_value()) return locks.error();
    posix::Outcome<posix::Fd> records = posix::make_folder(own->get(), "records");
    if (!records.has_value()) return records.error();
    sweep_abandoned(temporary->get(), abandoned_after);
    return RecordFolder(std::move(*temporary), std::move(*locks), std::move(*records));
}

posix::Outcome<RecordFolder::KeyLock> RecordFolder::lock(std::string_view key, Deadline deadline) const {
    posix::Outcome<posix::Fd> file = posix::open_file(locks_.get(), place_of(key).shard, O_RDWR | O_CREAT);
    if (!file.has_value()) return file.error();
    posix::Outcome<posix::Lock> held = posix::Lock::take(file->get(), deadline);
    if (!held.has_value()) return held.error();
    return KeyLock(std::move(*file), std::move(*held));
}

posix::Outcome<ObjectRecord> RecordFolder::load(std::string_view key) const {
    const Place place = place_of(key);
    const ObjectRecord none{std::string(key), {}};
    const posix::Outcome<posix::Fd> folder = posix::open_folder(records_.get(), place.shard);
    const posix::Outcome<posix::Fd> file =
        folder.has_value() ? posix::open_file(folder->get(), place.name, O_RDONLY) : folder.error();
    if (!file.has_value()) {
        if (file.error().number == ENOENT) return none;
        return file.error();
    }
    const posix::Outcome<std::string> text = posix::read_all(file->get(), object_record_bytes_max);
    if (!text.has_value() && text.error().number != EFBIG) return text.error();
    std::optional<ObjectRecord> record = text.has_value() ? parse_record(*text, key) : std::nullopt;
    return record ? std::move(*record) : none;
}

posix::Errno RecordFolder::save(const ObjectRecord& record) const {
    const Place place = place_of(record.key);
    const posix::Outcome<posix::Fd> folder = posix::make_folder(records_.get(), place.shard);
    if (!folder.has_value()) return folder.error();
    const std::string temporary = posix::temporary_name();
    const posix::Outcome<struct stat> written = posix::write_new_file(temporary_.get(), temporary, write_record(record));
    if (!written.has_value()) return written.error();
    const posix::Errno error = posix::rename(temporary_.get(), temporary, folder->get(), place.name);
    if (error.number == 0) return posix::sync_folder(folder->get());
    (void)posix::unlink(temporary_.get(), temporary);
    return error;
}

posix::Errno RecordFolder::remove(std::string_view key) const {
    const Place place = place_of(key);
    const posix::Outcome<posix::Fd> folder = posix::open_folder(records_.get(), place.shard);
    if (!folder.has_value()) return folder.error().number == ENOENT ? posix::Errno() : folder.error();
    return posix::unlink(folder->get(), place.name);
}

}  // namespace ticketbottle::file
