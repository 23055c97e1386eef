#include "conformance/message_source.hpp"

#include "support/temporary_folder.hpp"

#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/file/topic_source.hpp>

namespace ticketbottle {
namespace {

class TopicLogBackend {
public:
    TopicLogBackend() { transport_ = file::open_topic_log({.directory = folder_ / "topics", .segment_bytes_max = 4096, .clock = nullptr}).value(); }
    MessageTransport& transport() { return *transport_; }
    std::unique_ptr<MessageSource> open(const std::string& consumer, const std::string& topic) {
        return file::open_topic_source({folder_ / "topics", folder_ / "cursors", consumer, topic}).value();
    }

private:
    test::TemporaryFolder folder_;
    std::unique_ptr<MessageTransport> transport_;
};

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_SOURCE_CONFORMANCE(ticketbottle::TopicLogBackend);
