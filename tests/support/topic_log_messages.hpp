#pragma once
/// \file
/// Short ways to a topic log, for tests.

#include <ticketbottle/file/topic_log.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

[[nodiscard]] inline std::unique_ptr<MessageTransport> topic_log(const std::string& directory,
                                                                 std::uint64_t segment_bytes_max = 64 * 1024 * 1024) {
    file::TopicLogOptions options;
    options.directory = directory;
    options.segment_bytes_max = segment_bytes_max;
    return file::open_topic_log(options).value();
}

[[nodiscard]] inline std::vector<DeliveryReport> publish(MessageTransport& transport, const std::vector<Message>& messages) {
    std::vector<DeliveryReport> reports(messages.size());
    transport.publish(messages, reports, Deadline::in(std::chrono::seconds(60)));
    return reports;
}

struct TopicContent {
    std::vector<Message> messages;
    std::string position;
    std::uint64_t skipped = 0;
};

/// Reads on from `position` to the end.
[[nodiscard]] inline TopicContent read_topic(const std::string& directory, const std::string& topic, const std::string& position = "") {
    file::TopicLogReader reader = file::TopicLogReader::open(directory, topic, position).value();
    TopicContent content{{}, position, 0};
    for (auto read = reader.read(100).value(); !read.empty(); read = reader.read(100).value()) {
        for (file::LoggedMessage& logged : read) content.messages.push_back(std::move(logged.message));
        content.position = read.back().position;
    }
    content.skipped = reader.skipped();
    return content;
}

}  // namespace ticketbottle::test
