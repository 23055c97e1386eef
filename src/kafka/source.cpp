#include <ticketbottle/kafka/source.hpp>

#include "kafka/consumer.hpp"
#include "kafka/ending.hpp"

#include <utility>

namespace ticketbottle::kafka {
namespace {

constexpr std::chrono::milliseconds leaves{700};  // a stop is to be done within a second

class Source final : public MessageSource {
public:
    Source(std::string topic, std::unique_ptr<Consumer> consumer) : topic_(std::move(topic)), consumer_(std::move(consumer)) {}
    ~Source() override {
        Ending ending;
        ending.begin(std::move(consumer_));
        (void)ending.wait(Deadline::in(leaves));
    }

    [[nodiscard]] const std::string& topic() const noexcept override { return topic_; }
    [[nodiscard]] Result<std::vector<ReceivedMessage>> read(std::size_t max, Deadline deadline) override { return consumer_->read(max, deadline); }
    [[nodiscard]] Result<void> save(const std::string& position, Deadline deadline) override { return consumer_->save(position, deadline); }

private:
    const std::string topic_;
    std::unique_ptr<Consumer> consumer_;
};

}  // namespace

Result<std::unique_ptr<MessageSource>> open_source(const SourceOptions& options) {
    Result<std::unique_ptr<Consumer>> consumer = Consumer::open(options);
    if (!consumer.has_value()) return consumer.error();
    return std::unique_ptr<MessageSource>(std::make_unique<Source>(options.topic, std::move(*consumer)));
}

}  // namespace ticketbottle::kafka
