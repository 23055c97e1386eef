#include <ticketbottle/file/directory_store.hpp>

#include "core/format.hpp"
#include "file/directory_list.hpp"
#include "file/object_record.hpp"
#include "file/posix.hpp"
#include "file/record_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace ticketbottle::file {
namespace {

constexpr int races_max = 32;  // how often a call starts again because another one moved the object or its folder

/// A key as the folder it stands in and its name there.
struct Path {
    explicit Path(std::string_view key) {
        const std::size_t slash = key.rfind('/');
        folder = slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
        name = std::string(slash == std::string_view::npos ? key : key.substr(slash + 1));
    }
    std::string_view folder;
    std::string name;
};

Result<void> check_call(std::string_view operation, std::string_view key, Deadline deadline) {
    if (Result<void> checked = check_object_key(key); !checked.has_value()) return checked;
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed");
    return {};
}

/// No object can be reached under that name: nothing there, or a folder, or a link, or below one of these.
bool means_absent(posix::Errno error) {
    constexpr int numbers[] = {ENOENT, ENOTDIR, EISDIR, ELOOP, ENXIO, ENAMETOOLONG};
    return std::find(std::begin(numbers), std::end(numbers), error.number) != std::end(numbers);
}

posix::Outcome<posix::Fd> open_object(int root, std::string_view key) {
    const Path path(key);
    const posix::Outcome<posix::Fd> folder = posix::walk(root, path.folder, posix::Missing::fails);
    if (!folder.has_value()) return folder.error();
    return posix::open_file(folder->get(), path.name, O_RDONLY);
}

class DirectoryStore final : public ObjectStore {
public:
    DirectoryStore(posix::Fd root, RecordFolder records) : root_(std::move(root)), records_(std::move(records)) {}

    Result<std::string> put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes,
                            Deadline deadline) override;
    Result<std::optional<Object>> get(std::string_view key, Deadline deadline) override;
    Result<void> remove(std::string_view key, Deadline deadline) override;
    Result<ObjectList> list(std::string_view prefix, std::string_view continuation, std::uint32_t max, Deadline deadline) override;

private:
    [[nodiscard]] Result<void> replace(std::string_view key, const std::string& temporary, ObjectVersion version);
    [[nodiscard]] posix::Errno record_version(std::string_view key, ObjectVersion version);
    [[nodiscard]] posix::Errno move_into_place(std::string_view key, const std::string& temporary, bool& moved);
    [[nodiscard]] std::optional<ObjectVersion> current_version(std::string_view key, const ObjectRecord& record) const;
    [[nodiscard]] Result<void> unlink_object(std::string_view key);
    void prune(std::string_view folder);
    [[nodiscard]] Result<ObjectSummary> summarise(int folder, const std::string& name, const std::string& key) const;

    posix::Fd root_;
    RecordFolder records_;
};

// ---- put

/// The version whose bytes are in place now: its attributes must outlive the record's replacement.
std::optional<ObjectVersion> DirectoryStore::current_version(std::string_view key, const ObjectRecord& record) const {
    if (record.versions.empty()) return std::nullopt;
    const posix::Outcome<posix::Fd> file = open_object(root_.get(), key);
    const posix::Outcome<struct stat> info = file.has_value() ? posix::status(file->get()) : file.error();
    if (!info.has_value()) return std::nullopt;
    for (const ObjectVersion& version : record.versions) {
        if (version.stamp == file_stamp(*info)) return version;
    }
    const posix::Outcome<std::string> bytes = posix::read_all(file->get(), object_bytes_max);  // copied or restored by hand
    if (!bytes.has_value()) return std::nullopt;
    for (const ObjectVersion& version : record.versions) {
        if (version.etag == object_etag(*bytes)) return version;
    }
    return std::nullopt;
}

posix::Errno DirectoryStore::record_version(std::string_view key, ObjectVersion version) {
    const posix::Outcome<ObjectRecord> record = records_.load(key);
    if (!record.has_value()) return record.error();
    ObjectRecord next{std::string(key), {}};
    std::optional<ObjectVersion> current = current_version(key, *record);
    const bool same_bytes = current && current->etag == version.etag;
    next.versions.push_back(std::move(version));
    if (current && !same_bytes) next.versions.push_back(std::move(*current));
    return records_.save(next);
}

posix::Errno DirectoryStore::move_into_place(std::string_view key, const std::string& temporary, bool& moved) {
    const Path path(key);
    posix::Errno error;
    for (int race = 0; race < races_max; ++race) {
        const posix::Outcome<posix::Fd> folder = posix::walk(root_.get(), path.folder, posix::Missing::is_made);
        if (!folder.has_value()) {
            error = folder.error();
            if (error.number != ENOENT) return error;
            continue;  // another call removed the last object of a folder on the way, and the folder with it
        }
        error = posix::rename(records_.temporary(), temporary, folder->get(), path.name);
        if (error.number == 0) {
            moved = true;
            return posix::sync_folder(folder->get());
        }
        if (error.number != ENOENT) return error;
    }
    return error;
}

Result<void> DirectoryStore::replace(std::string_view key, const std::string& temporary, ObjectVersion version) {
    constexpr std::string_view operation = "directory_store.put";
    if (const posix::Errno error = record_version(key, std::move(version)); error.number != 0)
        return posix::failure(operation, error, "recording the attributes of an object");
    bool moved = false;
    const posix::Errno error = move_into_place(key, temporary, moved);
    if (error.number == 0) return {};
    if (moved) return posix::sync_failure(operation, error, "syncing the folder of an object");
    if (error.number == EISDIR || error.number == ENOTDIR || error.number == ENOTEMPTY || error.number == EEXIST) {
        return fail(Errc::unsupported, operation,
                    "as files, an object's key cannot continue another's (\"a\" and \"a/b\"), nor stand where a folder or link is");
    }
    return posix::failure(operation, error, "moving an object into place");
}

Result<std::string> DirectoryStore::put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes,
                                        Deadline deadline) {
    constexpr std::string_view operation = "directory_store.put";
    if (const Result<void> checked = check_call(operation, key, deadline); !checked.has_value()) return checked.error();
    if (const Result<void> checked = check_object_attributes(attributes); !checked.has_value()) return checked.error();
    if (bytes.size() > object_bytes_max) return fail(Errc::invalid_argument, operation, "the object is over 64 MiB");
    const posix::Outcome<RecordFolder::KeyLock> held = records_.lock(key, deadline);
    if (!held.has_value()) return posix::failure(operation, held.error(), "locking an object");

    const std::string temporary = posix::temporary_name();
    const posix::Outcome<struct stat> written = posix::write_new_file(records_.temporary(), temporary, bytes);
    if (!written.has_value()) return posix::failure(operation, written.error(), "writing an object");
    const std::string etag = object_etag(bytes);
    const Result<void> replaced = replace(key, temporary, {etag, file_stamp(*written), attributes});
    if (replaced.has_value()) return etag;
    (void)posix::unlink(records_.temporary(), temporary);
    return replaced.error();
}

// ---- get

Result<std::optional<Object>> DirectoryStore::get(std::string_view key, Deadline deadline) {
    constexpr std::string_view operation = "directory_store.get";
    for (int race = 0;; ++race) {
        if (const Result<void> checked = check_call(operation, key, deadline); !checked.has_value()) return checked.error();
        const posix::Outcome<posix::Fd> file = open_object(root_.get(), key);
        if (!file.has_value()) {
            if (means_absent(file.error())) return std::optional<Object>();
            return posix::failure(operation, file.error(), "opening an object");
        }
        posix::Outcome<std::string> bytes = posix::read_all(file->get(), object_bytes_max);
        if (!bytes.has_value()) return posix::failure(operation, bytes.error(), "reading an object");
        std::string etag = object_etag(*bytes);
        const posix::Outcome<ObjectRecord> record = records_.load(key);
        if (!record.has_value()) return posix::failure(operation, record.error(), "reading the attributes of an object");
        for (const ObjectVersion& version : record->versions) {
            if (version.etag == etag) return std::optional<Object>({std::move(*bytes), version.attributes, std::move(etag)});
        }
        // No attributes for these bytes: replaced since we opened them (read again), or put there by hand.
        const posix::Outcome<struct stat> own = posix::status(file->get());
        if (own.has_value() && own->st_nlink > 0) return std::optional<Object>({std::move(*bytes), {}, std::move(etag)});
        if (race == races_max) return fail(Errc::unavailable, operation, "the object is replaced faster than it can be read");
    }
}

// ---- remove

Result<void> DirectoryStore::unlink_object(std::string_view key) {
    constexpr std::string_view operation = "directory_store.remove";
    const Path path(key);
    const posix::Outcome<posix::Fd> folder = posix::walk(root_.get(), path.folder, posix::Missing::fails);
    if (!folder.has_value()) {
        if (means_absent(folder.error())) return {};
        return posix::failure(operation, folder.error(), "opening the folder of an object");
    }
    const posix::Outcome<struct stat> info = posix::status_at(folder->get(), path.name);
    if (!info.has_value() && means_absent(info.error())) return {};
    if (!info.has_value()) return posix::failure(operation, info.error(), "looking for an object");
    if (!S_ISREG(info->st_mode)) return {};  // a folder or a link is no object
    if (const posix::Errno error = posix::unlink(folder->get(), path.name); error.number != 0)
        return posix::failure(operation, error, "removing an object");
    if (const posix::Errno error = posix::sync_folder(folder->get()); error.number != 0)
        return posix::sync_failure(operation, error, "syncing the folder of an object");
    return {};
}

/// Removes folders left empty, from the inside out. One that is in use or filled meanwhile stays.
void DirectoryStore::prune(std::string_view folder) {
    while (!folder.empty()) {
        const Path path(folder);
        const posix::Outcome<posix::Fd> parent = posix::walk(root_.get(), path.folder, posix::Missing::fails);
        if (!parent.has_value() || ::unlinkat(parent->get(), path.name.c_str(), AT_REMOVEDIR) != 0) return;
        folder = path.folder;
    }
}

Result<void> DirectoryStore::remove(std::string_view key, Deadline deadline) {
    constexpr std::string_view operation = "directory_store.remove";
    if (Result<void> checked = check_call(operation, key, deadline); !checked.has_value()) return checked;
    const posix::Outcome<RecordFolder::KeyLock> held = records_.lock(key, deadline);
    if (!held.has_value()) return posix::failure(operation, held.error(), "locking an object");
    if (Result<void> unlinked = unlink_object(key); !unlinked.has_value()) return unlinked;
    if (const posix::Errno error = records_.remove(key); error.number != 0)
        return posix::sync_failure(operation, error, "removing the attributes of an object");
    prune(Path(key).folder);
    return {};
}

// ---- list

/// Empty key: the object is gone, or too long to be one.
Result<ObjectSummary> DirectoryStore::summarise(int folder, const std::string& name, const std::string& key) const {
    constexpr std::string_view operation = "directory_store.list";
    const posix::Outcome<posix::Fd> file = posix::open_file(folder, name, O_RDONLY);
    if (!file.has_value()) {
        if (means_absent(file.error())) return ObjectSummary();
        return posix::failure(operation, file.error(), "opening an object");
    }
    const posix::Outcome<struct stat> info = posix::status(file->get());
    if (!info.has_value()) return posix::failure(operation, info.error(), "looking at an object");
    const posix::Outcome<ObjectRecord> record = records_.load(key);
    if (!record.has_value()) return posix::failure(operation, record.error(), "reading the attributes of an object");
    for (const ObjectVersion& version : record->versions) {
        if (version.stamp == file_stamp(*info)) return ObjectSummary{key, static_cast<std::uint64_t>(info->st_size), version.etag};
    }
    const posix::Outcome<std::string> bytes = posix::read_all(file->get(), object_bytes_max);
    if (bytes.has_value()) return ObjectSummary{key, bytes->size(), object_etag(*bytes)};
    if (bytes.error().number == EFBIG) return ObjectSummary();
    return posix::failure(operation, bytes.error(), "reading an object");
}

Result<ObjectList> DirectoryStore::list(std::string_view prefix, std::string_view continuation, std::uint32_t max,
                                        Deadline deadline) {
    constexpr std::string_view operation = "directory_store.list";
    if (max < 1 || max > object_list_max) return fail(Errc::invalid_argument, operation, "a page has 1 to 1000 objects");
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed");
    ObjectList page;
    const auto visit = [&](int folder, const std::string& name, const std::string& key) -> Result<bool> {
        if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed");
        Result<ObjectSummary> summary = summarise(folder, name, key);
        if (!summary.has_value()) return summary.error();
        if (summary->key.empty()) return true;
        if (page.objects.size() == max) {
            page.continuation = page.objects.back().key;
            return false;
        }
        page.objects.push_back(std::move(*summary));
        return true;
    };
    const Result<void> done = visit_keys(root_.get(), {prefix, continuation}, deadline, visit);
    if (!done.has_value()) return done.error();
    return page;
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_directory_store(const std::string& root) {
    constexpr std::string_view operation = "directory_store.open";
    if (root.empty()) return fail(Errc::invalid_argument, operation, "no directory is named");
    posix::Outcome<posix::Fd> folder = posix::make_root(root);
    if (!folder.has_value()) return posix::failure(operation, folder.error(), "opening " + root);
    posix::Outcome<RecordFolder> records = RecordFolder::open(folder->get());
    if (!records.has_value()) return posix::failure(operation, records.error(), "opening " + root + "/.tkb");
    return std::unique_ptr<ObjectStore>(std::make_unique<DirectoryStore>(std::move(*folder), std::move(*records)));
}

}  // namespace ticketbottle::file
