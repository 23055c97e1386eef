#pragma once
/// \file
/// Appends to one topic. The rule everything rests on: bytes once in a segment never change, they are only followed by
/// more. So a reader needs no lock. Internal: not installed. Threads: one call at a time.

#include "file/posix.hpp"

#include <ticketbottle/ports/message_transport.hpp>

#include <optional>
#include <span>
#include <string>

namespace ticketbottle::file {

class TopicWriter {
public:
    /// \param root  Borrowed. \param topic  Checked by the caller.
    TopicWriter(int root, std::string topic, std::uint64_t segment_bytes_max)
        : root_(root), topic_(std::move(topic)), segment_bytes_max_(segment_bytes_max) {}

    /// The first `delivered` are durable, the next `unknown` may be, the rest certainly are not there. If not all were
    /// delivered, cause and reason say why.
    struct Appended {
        std::size_t delivered = 0;
        std::size_t unknown = 0;
        Errc cause = Errc::outcome_unknown;
        std::string reason;
    };
    /// In order, under the topic's lock, with one write per 4 MiB and one sync per segment touched.
    [[nodiscard]] Appended append(std::span<const Message* const> messages, TimePoint time, Deadline deadline);

private:
    [[nodiscard]] std::optional<posix::Lock> lock(Deadline deadline, Appended& result);
    [[nodiscard]] bool is_current() const;
    [[nodiscard]] posix::Errno open_topic();
    [[nodiscard]] posix::Errno open_segment();
    [[nodiscard]] posix::Errno begin_segment(std::uint64_t number);
    [[nodiscard]] bool prepare_segment(std::size_t line_bytes, Appended& result);
    [[nodiscard]] std::string chunk_start() const;
    [[nodiscard]] bool write_chunk(std::string_view chunk, std::span<const std::size_t> line_ends, Appended& result);
    bool sync(Appended& result);
    void stop(posix::Errno error, std::string_view doing, Appended& result) const;
    [[nodiscard]] std::string segment_path() const;
    void forget_segment() noexcept;

    int root_;
    std::string topic_;
    std::uint64_t segment_bytes_max_;
    posix::Fd folder_;
    posix::Fd lock_file_;
    posix::Fd segment_;
    std::uint64_t number_ = 0;
    std::uint64_t size_ = 0;      ///< Of the segment, as of this append.
    bool torn_ = false;           ///< The segment does not end with '\n'.
    std::size_t unsynced_ = 0;    ///< Whole lines of this append written and not yet synced.
    bool suspect_ = false;        ///< A sync failed: never append to that segment again.
};

}  // namespace ticketbottle::file
