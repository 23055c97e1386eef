#include <ticketbottle/file/topic_log.hpp>

#include "file/posix.hpp"
#include "file/topic_segments.hpp"

#include <cerrno>
#include <fcntl.h>

namespace ticketbottle::file {
namespace {

constexpr std::size_t position_bytes_max = 64;

Result<void> check_names(const std::string& consumer, const std::string& topic) {
    if (is_topic_name(consumer) && is_topic_name(topic)) return {};
    return fail(Errc::invalid_argument, "topic_cursor.open", "consumer and topic must be named as topics are");
}

}  // namespace

TopicCursor::TopicCursor(std::string directory, std::string consumer, std::string topic)
    : directory_(std::move(directory)), consumer_(std::move(consumer)), topic_(std::move(topic)) {}

Result<std::string> TopicCursor::load() const {
    constexpr std::string_view operation = "topic_cursor.load";
    if (const Result<void> checked = check_names(consumer_, topic_); !checked.has_value()) return checked.error();
    const auto failed = [&](posix::Errno error) -> Result<std::string> {
        if (error.number == ENOENT) return std::string();
        if (error.number == EFBIG) return fail(Errc::malformed, operation, consumer_ + "/" + topic_ + " is not a position");
        return posix::failure(operation, error, "reading " + consumer_ + "/" + topic_);
    };
    const posix::Outcome<posix::Fd> root = posix::open_root(directory_);
    if (!root.has_value()) return failed(root.error());
    const posix::Outcome<posix::Fd> folder = posix::open_folder(root->get(), consumer_);
    if (!folder.has_value()) return failed(folder.error());
    const posix::Outcome<posix::Fd> file = posix::open_file(folder->get(), topic_, O_RDONLY);
    if (!file.has_value()) return failed(file.error());
    posix::Outcome<std::string> text = posix::read_all(file->get(), position_bytes_max);
    if (!text.has_value()) return failed(text.error());
    if (text->ends_with('\n')) text->pop_back();
    if (!parse_position(*text)) return failed(posix::Errno{EFBIG});
    return std::move(*text);
}

Result<void> TopicCursor::save(const std::string& position) const {
    constexpr std::string_view operation = "topic_cursor.save";
    if (Result<void> checked = check_names(consumer_, topic_); !checked.has_value()) return checked;
    if (!parse_position(position)) return fail(Errc::invalid_argument, operation, "not a position");
    const std::string doing = "writing " + consumer_ + "/" + topic_;
    const posix::Outcome<posix::Fd> root = posix::make_root(directory_);
    if (!root.has_value()) return posix::failure(operation, root.error(), doing);
    const posix::Outcome<posix::Fd> folder = posix::make_folder(root->get(), consumer_);
    if (!folder.has_value()) return posix::failure(operation, folder.error(), doing);
    const std::string temporary = posix::temporary_name();
    const posix::Outcome<struct stat> written = posix::write_new_file(folder->get(), temporary, position + "\n");
    if (!written.has_value()) return posix::failure(operation, written.error(), doing);
    if (const posix::Errno error = posix::rename(folder->get(), temporary, folder->get(), topic_); error.number != 0) {
        (void)posix::unlink(folder->get(), temporary);
        return posix::failure(operation, error, doing);
    }
    if (const posix::Errno error = posix::sync_folder(folder->get()); error.number != 0)
        return posix::sync_failure(operation, error, doing);
    return {};
}

}  // namespace ticketbottle::file
