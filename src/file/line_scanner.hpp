#pragma once
/// \file
/// Lines of a file that others append to. Internal: not installed. Threads: one at a time.

#include "file/posix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::file {

class LineScanner {
public:
    /// \param fd  Borrowed. \param bytes_max  A longer line is handed out without its text.
    LineScanner(int fd, std::uint64_t offset, std::size_t bytes_max) : fd_(fd), begin_(offset), bytes_max_(bytes_max) {}

    struct Line {
        std::string_view text;  ///< Without '\n'. Valid until the next call.
        bool too_long = false;
        std::uint64_t end = 0;  ///< Offset one past its '\n'.
    };
    /// The next line that has its '\n'; nullopt when there is none yet. After nullopt the scanner is spent: what follows the
    /// last '\n' may still grow or be closed by a writer, so it is read anew another time.
    [[nodiscard]] posix::Outcome<std::optional<Line>> next();
    /// After nullopt: how many bytes there are behind the last '\n'.
    [[nodiscard]] std::uint64_t tail_bytes() const noexcept { return discarded_ + buffer_.size() - used_; }

private:
    [[nodiscard]] posix::Outcome<std::size_t> fill();

    int fd_;
    std::uint64_t begin_;  ///< Offset in the file of buffer_[0].
    std::size_t bytes_max_;
    std::string buffer_;
    std::size_t used_ = 0;         ///< Bytes of the buffer handed out.
    std::uint64_t discarded_ = 0;  ///< Bytes of the line under way that were too many to keep.
};

}  // namespace ticketbottle::file
