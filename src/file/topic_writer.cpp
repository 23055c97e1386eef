#include "file/topic_writer.hpp"

#include "core/format.hpp"
#include "file/topic_line.hpp"
#include "file/topic_segments.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <vector>

namespace ticketbottle::file {
namespace {

constexpr std::size_t chunk_bytes = 4 * 1024 * 1024;

bool same_file(const posix::Outcome<struct stat>& a, const posix::Outcome<struct stat>& b) {
    return a.has_value() && b.has_value() && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

}  // namespace

std::string TopicWriter::segment_path() const {
    return number_ == 0 ? topic_ : formatted("{}/{}", topic_, segment_name(number_));
}

void TopicWriter::stop(posix::Errno error, std::string_view doing, Appended& result) const {
    result.cause = posix::errc_of(error);
    result.reason = formatted("{} {} {}", posix::describe(error), doing, segment_path());
}

void TopicWriter::forget_segment() noexcept {
    segment_.reset();
    number_ = 0;
    size_ = 0;
}

posix::Errno TopicWriter::open_topic() {
    forget_segment();
    lock_file_.reset();
    posix::Outcome<posix::Fd> folder = posix::make_folder(root_, topic_);
    if (!folder.has_value()) return folder.error();
    posix::Outcome<posix::Fd> lock_file = posix::open_file(folder->get(), topic_lock_name, O_RDWR | O_CREAT);
    if (!lock_file.has_value()) return lock_file.error();
    folder_ = std::move(*folder);
    lock_file_ = std::move(*lock_file);
    return {};
}

/// Is the lock we hold the one that others will take? Not if somebody removed or moved the folder meanwhile.
bool TopicWriter::is_current() const {
    const posix::Outcome<posix::Fd> folder = posix::open_folder(root_, topic_);
    return folder.has_value() && same_file(posix::status(lock_file_.get()), posix::status_at(folder->get(), topic_lock_name));
}

std::optional<posix::Lock> TopicWriter::lock(Deadline deadline, Appended& result) {
    constexpr int attempts_max = 8;
    posix::Errno error{ENOENT};
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        if (!lock_file_) {
            if (error = open_topic(); error.number != 0) break;
        }
        posix::Outcome<posix::Lock> held = posix::Lock::take(lock_file_.get(), deadline);
        if (!held.has_value()) {
            error = held.error();
            break;
        }
        if (is_current()) return std::move(*held);
        error = posix::Errno{ENOENT};
        { const posix::Lock released = std::move(*held); }  // before its file is closed
        lock_file_.reset();
    }
    forget_segment();
    stop(error, "locking", result);
    return std::nullopt;
}

/// Opens the newest segment, or keeps the one that is open if it still is the newest.
posix::Errno TopicWriter::open_segment() {
    if (segment_) {
        const posix::Outcome<struct stat> own = posix::status(segment_.get());
        const bool linked = own.has_value() && own->st_nlink > 0;
        const bool newest = !posix::status_at(folder_.get(), segment_name(number_ + 1)).has_value();
        if (!linked || !newest) forget_segment();
    }
    if (!segment_) {
        const posix::Outcome<std::vector<std::uint64_t>> numbers = list_segments(folder_.get());
        if (!numbers.has_value()) return numbers.error();
        if (numbers->empty()) return begin_segment(1);
        posix::Outcome<posix::Fd> segment = posix::open_file(folder_.get(), segment_name(numbers->back()), O_RDWR | O_APPEND);
        if (!segment.has_value()) return segment.error();
        // Whoever made it may have died before its name was durable.
        if (const posix::Errno error = posix::sync_folder(folder_.get()); error.number != 0) return error;
        segment_ = std::move(*segment);
        number_ = numbers->back();
    }
    const posix::Outcome<struct stat> info = posix::status(segment_.get());
    if (!info.has_value()) return info.error();
    size_ = static_cast<std::uint64_t>(info->st_size);
    char last = '\n';
    if (size_ > 0) {
        const posix::Outcome<std::size_t> read = posix::read_at(segment_.get(), &last, 1, size_ - 1);
        if (!read.has_value()) return read.error();
    }
    torn_ = last != '\n';
    return {};
}

/// A segment's name is durable before its first byte is written: a reader that saw a line will find its file again.
posix::Errno TopicWriter::begin_segment(std::uint64_t number) {
    posix::Outcome<posix::Fd> segment = posix::open_file(folder_.get(), segment_name(number), O_RDWR | O_APPEND | O_CREAT | O_EXCL);
    if (!segment.has_value()) return segment.error();
    if (const posix::Errno error = posix::sync_folder(folder_.get()); error.number != 0) {
        (void)posix::unlink(folder_.get(), segment_name(number));
        return error;
    }
    segment_ = std::move(*segment);
    number_ = number;
    size_ = 0;
    torn_ = false;
    suspect_ = false;
    return {};
}

/// Room for a line of that length? Else closes the segment (synced) and begins the next.
bool TopicWriter::prepare_segment(std::size_t line_bytes, Appended& result) {
    const bool full = size_ > 0 && (size_ >= segment_bytes_max_ || line_bytes > segment_bytes_max_ - size_);
    if (!full && !suspect_) return true;
    if (!sync(result)) return false;
    const posix::Errno error = begin_segment(number_ + 1);
    if (error.number == 0) return true;
    stop(error, "making the segment after", result);
    return false;
}

std::string TopicWriter::chunk_start() const { return std::string(torn_ ? torn_line_end : std::string_view()); }

bool TopicWriter::write_chunk(std::string_view chunk, std::span<const std::size_t> line_ends, Appended& result) {
    const posix::Written written = posix::write_all(segment_.get(), chunk);
    const auto whole = std::upper_bound(line_ends.begin(), line_ends.end(), written.bytes);
    unsynced_ += static_cast<std::size_t>(whole - line_ends.begin());
    size_ += written.bytes;
    if (written.error.number == 0) {
        torn_ = false;
        return true;
    }
    stop(written.error, "writing", result);
    return false;
}

bool TopicWriter::sync(Appended& result) {
    if (unsynced_ == 0) return true;
    const posix::Errno error = posix::sync_data(segment_.get());
    if (error.number == 0) {
        result.delivered += std::exchange(unsynced_, 0);
        return true;
    }
    result.unknown = std::exchange(unsynced_, 0);
    stop(error, "syncing", result);
    result.cause = Errc::outcome_unknown;
    suspect_ = true;
    segment_.reset();
    return false;
}

TopicWriter::Appended TopicWriter::append(std::span<const Message* const> messages, TimePoint time, Deadline deadline) {
    Appended result;
    unsynced_ = 0;
    const std::optional<posix::Lock> held = lock(deadline, result);
    if (!held) return result;
    if (const posix::Errno error = open_segment(); error.number != 0) {
        stop(error, "opening the last segment of", result);
        forget_segment();
        return result;
    }
    std::string line;
    std::vector<std::size_t> line_ends;
    for (std::size_t next = 0; next < messages.size();) {
        if (deadline.expired()) {
            stop(posix::Errno{ETIMEDOUT}, "before writing", result);
            break;
        }
        if (line.empty()) write_line(*messages[next], time, line);
        if (!prepare_segment(line.size(), result)) return result;
        std::string chunk = chunk_start();
        line_ends.clear();
        do {
            chunk += line;
            line_ends.push_back(chunk.size());
            line.clear();
            if (++next < messages.size()) write_line(*messages[next], time, line);
        } while (!line.empty() && chunk.size() + line.size() <= chunk_bytes && size_ + chunk.size() + line.size() <= segment_bytes_max_);
        if (!write_chunk(chunk, line_ends, result)) break;
    }
    sync(result);
    return result;
}

}  // namespace ticketbottle::file
