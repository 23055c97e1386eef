#include "conformance/message_transport.hpp"

#include "support/temporary_folder.hpp"

#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/memory/transports.hpp>

#include <filesystem>

namespace ticketbottle {
namespace {

constexpr std::size_t value_bytes_max = 200'000;

/// Over the limit that both backends are given here.
Message oversize(Message message) {
    message.value.assign(value_bytes_max + 1, 'x');
    return message;
}

class MemoryBackend {
public:
    MemoryBackend() { transport_.message_bytes_max = value_bytes_max; }
    MessageTransport& transport() { return transport_; }
    std::vector<Message> received() { return transport_.messages(); }
    static Message refused(Message message) { return oversize(std::move(message)); }

private:
    memory::Transport transport_;
};

/// \tparam segment_bytes  So that the suite runs over one segment, and over many.
template <std::uint64_t segment_bytes>
class FileBackend {
public:
    FileBackend() {
        transport_ = file::open_topic_log({.directory = folder_.path().string(), .segment_bytes_max = segment_bytes,
                                           .message_bytes_max = value_bytes_max, .clock = nullptr}).value();
    }
    MessageTransport& transport() { return *transport_; }
    static Message refused(Message message) { return oversize(std::move(message)); }

    std::vector<Message> received() {
        std::vector<Message> all;
        for (const auto& topic : std::filesystem::directory_iterator(folder_.path())) {
            auto reader = file::TopicLogReader::open(folder_.path().string(), topic.path().filename().string(), "").value();
            for (auto read = reader.read(100).value(); !read.empty(); read = reader.read(100).value()) {
                for (file::LoggedMessage& logged : read) all.push_back(std::move(logged.message));
            }
            CHECK(reader.skipped() == 0);
        }
        return all;
    }

private:
    test::TemporaryFolder folder_;
    std::unique_ptr<MessageTransport> transport_;
};
using OneSegment = FileBackend<64 * 1024 * 1024>;
using ManySegments = FileBackend<4096>;

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_TRANSPORT_CONFORMANCE(MemoryBackend, OneSegment, ManySegments);
