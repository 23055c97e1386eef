#pragma once
/// \file
/// One librdkafka consumer of one topic: its membership of the group, and what it has handed out. Internal: not installed.
/// Threads: as Client.

#include <ticketbottle/kafka/source.hpp>

#include "kafka/client.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ticketbottle::kafka {

class Consumer final : public Client {
public:
    /// Errors: as open_source().
    [[nodiscard]] static Result<std::unique_ptr<Consumer>> open(const SourceOptions& options);
    ~Consumer() override;

    /// As MessageSource says.
    [[nodiscard]] Result<std::vector<ReceivedMessage>> read(std::size_t max, Deadline deadline);
    [[nodiscard]] Result<void> save(const std::string& position, Deadline deadline);

private:
    explicit Consumer(const SourceOptions& options);
    /// A message that was handed out and is not saved.
    struct Given {
        std::string position;
        std::int32_t partition = 0;
        std::int64_t next_offset = 0;
        std::uint64_t assignment = 0;
    };
    using Offsets = std::map<std::int32_t, std::int64_t>;  ///< By partition: the next one to read.
    using Partitions = rd_kafka_topic_partition_list_t;

    [[nodiscard]] Result<void> subscribe();
    /// One poll. Errors: unavailable.
    [[nodiscard]] Result<void> take_one(std::chrono::milliseconds wait, std::vector<ReceivedMessage>& page);
    /// Is it known that there is nothing more now?
    [[nodiscard]] bool at_end() const noexcept { return joined_ && unread_.empty(); }
    [[nodiscard]] Error no_answer(Deadline deadline) const;
    void rebalance(rd_kafka_resp_err_t code, Partitions* partitions);
    void find_lost_positions(const Partitions& assigned);
    [[nodiscard]] Result<void> commit(const Offsets& offsets, Deadline deadline);

    const SourceOptions source_;
    bool subscribed_ = false;
    bool joined_ = false;
    std::set<std::int32_t> unread_;  ///< Partitions of ours whose end was not reached.
    std::uint64_t assignment_ = 0;  ///< Counts up when partitions are taken away: what was given out of them is then not ours to commit.
    std::deque<Given> given_;
};

}  // namespace ticketbottle::kafka
