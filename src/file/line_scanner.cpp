#include "file/line_scanner.hpp"

namespace ticketbottle::file {
namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;

}  // namespace

posix::Outcome<std::size_t> LineScanner::fill() {
    begin_ += used_;
    buffer_.erase(0, used_);
    used_ = 0;
    const std::size_t had = buffer_.size();
    buffer_.resize(had + chunk_bytes);
    const posix::Outcome<std::size_t> count = posix::read_at(fd_, buffer_.data() + had, chunk_bytes, begin_ + had);
    buffer_.resize(had + (count.has_value() ? *count : 0));
    return count;
}

posix::Outcome<std::optional<LineScanner::Line>> LineScanner::next() {
    for (std::size_t searched = used_;;) {
        if (const std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
            const std::string_view text = std::string_view(buffer_).substr(used_, end - used_);
            const bool too_long = discarded_ > 0 || text.size() > bytes_max_;
            used_ = end + 1;
            discarded_ = 0;
            return std::optional<Line>({too_long ? std::string_view() : text, too_long, begin_ + used_});
        }
        if (buffer_.size() - used_ > bytes_max_) {  // hopeless: let go of it, so that no line can take the memory
            discarded_ += buffer_.size() - used_;
            used_ = buffer_.size();
        }
        searched = buffer_.size() - used_;  // fill moves what is left to the front
        const posix::Outcome<std::size_t> more = fill();
        if (!more.has_value()) return more.error();
        if (*more == 0) return std::optional<Line>();
    }
}

}  // namespace ticketbottle::file
