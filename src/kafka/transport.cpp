#include "kafka/ending.hpp"
#include "kafka/producer.hpp"
#include "kafka/publication.hpp"

#include <utility>

namespace ticketbottle::kafka {
namespace {

constexpr std::chrono::milliseconds leaves{5000};  // of a transport that is destroyed without close()

void report_all(std::span<DeliveryReport> reports, Errc cause, const std::string& reason) {
    for (DeliveryReport& report : reports) report = {Delivery::not_sent, cause, reason};
}

class Transport final : public MessageTransport {
public:
    Transport(const Options& options, std::unique_ptr<Producer> producer)
        : options_(options), observer_(options.observer != nullptr ? *options.observer : Observer::none()), producer_(std::move(producer)) {}
    ~Transport() override { (void)close(Deadline::in(leaves)); }

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override;
    Result<void> flush(Deadline deadline) override;
    Result<void> close(Deadline deadline) override;

private:
    [[nodiscard]] bool make_producer(std::span<DeliveryReport> reports);
    void retire(Severity severity, const std::string& why);
    void count(std::span<const DeliveryReport> reports);

    Options options_;
    Observer& observer_;
    std::unique_ptr<Producer> producer_;
    Ending ending_;
    bool closed_ = false;
};

bool Transport::make_producer(std::span<DeliveryReport> reports) {
    if (producer_) return true;
    Result<std::unique_ptr<Producer>> made = Producer::open(options_);
    if (made.has_value()) {
        producer_ = std::move(*made);
        return true;
    }
    // It could be made once, so nothing is wrong with the messages, and little with the options.
    report_all(reports, Errc::unavailable, "no new producer: " + std::string(made.error().detail_text()));
    return false;
}

void Transport::publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) {
    if (messages.empty()) return;
    if (closed_) return report_all(reports, Errc::unavailable, "the transport is closed");
    if (deadline.expired())
        return report_all(reports, Errc::cancelled,
                          deadline.stop_token().stop_requested() ? "a stop was requested" : "the deadline passed");
    if (!make_producer(reports)) return;
    producer_->poll(std::chrono::milliseconds(0));  // what has been heard since the last call
    bool took_back = false;
    {
        Publication publication(*producer_, messages, reports, options_, observer_);
        publication.run(deadline);
        took_back = publication.took_back();
    }
    if (const auto fatal = producer_->fatal(); fatal.has_value()) {
        retire(Severity::error, *fatal);
    } else if (took_back) {
        retire(Severity::info, "messages were taken back at the deadline");
    }
    count(reports);
}

void Transport::retire(Severity severity, const std::string& why) {
    observer_.count("ticketbottle_kafka_rebuilds_total");
    observer_.log(severity, "kafka.rebuilt", why);
    ending_.begin(std::move(producer_));
}

void Transport::count(std::span<const DeliveryReport> reports) {
    std::size_t delivered = 0;
    std::size_t not_sent = 0;
    for (const DeliveryReport& report : reports) {
        delivered += report.delivery == Delivery::delivered ? 1U : 0U;
        not_sent += report.delivery == Delivery::not_sent ? 1U : 0U;
    }
    const auto tell = [this](std::size_t number, std::string_view outcome) {
        if (number > 0) observer_.count("ticketbottle_kafka_messages_total", {{"outcome", outcome}}, static_cast<double>(number));
    };
    tell(delivered, "delivered");
    tell(not_sent, "not_sent");
    tell(reports.size() - delivered - not_sent, "unknown");
}

Result<void> Transport::flush(Deadline deadline) {
    if (producer_) producer_->poll(std::chrono::milliseconds(0));
    if (deadline.expired()) return fail(Errc::cancelled, "kafka.flush", "the deadline passed");
    return {};  // publish returns when nothing is under way
}

Result<void> Transport::close(Deadline deadline) {
    closed_ = true;
    ending_.begin(std::move(producer_));
    if (!ending_.wait(deadline)) return fail(Errc::cancelled, "kafka.close", "librdkafka's threads have not ended before the deadline");
    return {};
}

}  // namespace

Result<std::unique_ptr<MessageTransport>> open_transport(const Options& options) {
    Result<std::unique_ptr<Producer>> producer = Producer::open(options);
    if (!producer.has_value()) return producer.error();
    return std::unique_ptr<MessageTransport>(std::make_unique<Transport>(options, std::move(*producer)));
}

Result<void> probe(const Options& options, Deadline deadline) {
    Result<std::unique_ptr<Producer>> producer = Producer::open(options);
    if (!producer.has_value()) return producer.error();
    const Result<void> reached = (*producer)->reach(deadline);
    Ending ending;
    ending.begin(std::move(*producer));
    (void)ending.wait(deadline);
    return reached;
}

}  // namespace ticketbottle::kafka
