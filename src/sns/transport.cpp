#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <ticketbottle/sns/sns.hpp>
#include <unordered_map>
#include <utility>

#include "core/format.hpp"
#include "sns/answer.hpp"
#include "sns/entry.hpp"
#include "sns/topic_arn.hpp"

namespace ticketbottle::sns {

namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/// One page on its way: of each key the first message that is not settled is ready.
class Publication {
public:
    Publication(const Options& options, const std::string& endpoint, const Clock& clock, const HttpExchange& exchange,
                Observer& observer, std::span<const Message> messages, std::span<DeliveryReport> reports)
        : options_(options),
          endpoint_(endpoint),
          clock_(clock),
          exchange_(exchange),
          observer_(observer),
          messages_(messages),
          reports_(reports),
          next_(messages.size(), none) {
        std::unordered_map<std::string_view, std::size_t> last;
        last.reserve(messages.size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const auto [at, is_first] = last.try_emplace(messages[i].key, i);
            if (is_first) {
                ready_.push_back(i);
            } else {
                next_[std::exchange(at->second, i)] = i;
            }
        }
    }

    void run(Deadline deadline) {
        while (!ready_.empty()) {
            if (deadline.expired())
                return give_up(
                    {Delivery::not_sent, Errc::cancelled,
                     deadline.stop_token().stop_requested() ? "a stop was requested" : "the deadline passed"});
            Batch batch = next_batch();
            if (!batch.indexes.empty()) send(batch, deadline);
        }
    }

private:
    struct Batch {
        std::string_view arn;
        std::vector<std::size_t> indexes;
        std::vector<Entry> entries;
        std::size_t bytes = 0;
    };

    [[nodiscard]] std::string_view arn_of(const std::string& topic) const {
        const auto found = options_.topic_arns.find(topic);
        return found != options_.topic_arns.end() ? found->second : options_.topic_arn;
    }

    /// This message and those of its key behind it.
    void fail(std::size_t i, const DeliveryReport& report) {
        reports_[i] = report;
        for (std::size_t j = next_[i]; j != none; j = next_[j])
            reports_[j] = {Delivery::not_sent, report.cause,
                           "an earlier message of this key was not delivered: " + report.reason};
    }

    void settle(std::size_t i, const DeliveryReport& report) {
        if (report.delivery != Delivery::delivered) return fail(i, report);
        reports_[i] = report;
        if (next_[i] != none) ready_.push_back(next_[i]);
    }

    /// Ready messages of the first one's topic, as many as fit; what cannot be carried is settled on the way.
    [[nodiscard]] Batch next_batch() {
        Batch batch;
        std::deque<std::size_t> others;
        for (; !ready_.empty() && batch.indexes.size() < batch_entries_max; ready_.pop_front()) {
            const std::size_t i = ready_.front();
            const std::string_view arn = arn_of(messages_[i].topic);
            if (arn.empty()) {
                fail(i, {Delivery::not_sent, Errc::unsupported, "no SNS topic is configured for this event's topic"});
                continue;
            }
            if (!batch.indexes.empty() && arn != batch.arn) {
                others.push_back(i);
                continue;
            }
            auto entry = carried(messages_[i], is_fifo(arn));
            if (!entry.has_value()) {
                fail(i, {Delivery::not_sent, entry.error().code, std::string(entry.error().detail_text())});
                continue;
            }
            if (batch.bytes + entry->bytes > batch_bytes_max) break;
            batch.arn = arn;
            batch.bytes += entry->bytes;
            batch.indexes.push_back(i);
            batch.entries.push_back(std::move(*entry));
        }
        ready_.insert(ready_.begin(), others.begin(), others.end());
        return batch;
    }

    [[nodiscard]] static Result<Entry> carried(const Message& message, bool fifo) {
        if (auto checked = check_message(message, batch_bytes_max); !checked.has_value()) return checked.error();
        return make_entry(message, fifo);
    }

    [[nodiscard]] Result<OutgoingRequest> request_of(const Batch& batch) const {
        OutgoingRequest request{.method = "POST",
                                .url = endpoint_ + "/",
                                .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                                .body = "Action=PublishBatch&Version=2010-03-31"};
        append_parameter("TopicArn", batch.arn, request.body);
        for (std::size_t i = 0; i < batch.entries.size(); ++i)
            append_entry(batch.entries[i], messages_[batch.indexes[i]], i, request.body);
        return aws::sign(std::move(request), options_.credentials, {options_.region, "sns"}, clock_.now());
    }

    void send(Batch& batch, const Deadline& deadline) {
        std::vector<DeliveryReport> reports(batch.indexes.size());
        const BatchAnswer answer = perform(batch, reports, deadline);
        switch (answer.about) {
            case About::entries:
                for (std::size_t i = 0; i < reports.size(); ++i) settle(batch.indexes[i], reports[i]);
                return;
            case About::topic:
                for (const std::size_t i : batch.indexes) fail(i, answer.whole);
                return;
            case About::batch:
                if (batch.indexes.size() == 1) return fail(batch.indexes.front(), answer.whole);
                return send_one_by_one(batch, answer.whole, deadline);
            case About::way:
                for (const std::size_t i : batch.indexes) fail(i, answer.whole);
                // The rest was certainly not sent, whatever became of these.
                return give_up({Delivery::not_sent,
                                answer.whole.delivery == Delivery::unknown ? Errc::unavailable : answer.whole.cause,
                                "nothing gets through: " + answer.whole.reason});
        }
    }

    void send_one_by_one(Batch& batch, const DeliveryReport& refused, const Deadline& deadline) {
        observer_.log(Severity::warning, "sns.batch_refused",
                      "sending its messages one by one, to find the one at fault",
                      {{"reason", std::string_view(refused.reason)},
                       {"messages", static_cast<std::int64_t>(batch.indexes.size())}});
        for (std::size_t i = 0; i < batch.indexes.size(); ++i) {
            if (closed_ || deadline.expired()) {
                fail(batch.indexes[i],
                     closed_ ? *closed_ : DeliveryReport{Delivery::not_sent, Errc::cancelled, "the deadline passed"});
                continue;
            }
            Batch one{batch.arn, {batch.indexes[i]}, {}, batch.entries[i].bytes};
            one.entries.push_back(std::move(batch.entries[i]));
            send(one, deadline);
        }
    }

    [[nodiscard]] BatchAnswer perform(const Batch& batch, std::span<DeliveryReport> reports,
                                      const Deadline& deadline) const {
        const auto request = request_of(batch);
        if (!request.has_value()) return no_answer(request.error());
        const auto answer = exchange_(*request, deadline);
        return answer.has_value() ? read_answer(*answer, reports) : no_answer(answer.error());
    }

    void give_up(const DeliveryReport& report) {
        closed_ = report;
        for (const std::size_t i : std::exchange(ready_, {})) fail(i, report);
    }

    const Options& options_;
    const std::string& endpoint_;
    const Clock& clock_;
    const HttpExchange& exchange_;
    Observer& observer_;
    std::span<const Message> messages_;
    std::span<DeliveryReport> reports_;
    std::vector<std::size_t> next_;  ///< The next message of the same key.
    std::deque<std::size_t> ready_;
    std::optional<DeliveryReport> closed_;
};

class Transport final : public MessageTransport {
public:
    Transport(const Options& options, HttpExchange exchange)
        : options_(options),
          exchange_(std::move(exchange)),
          clock_(options.clock != nullptr ? *options.clock : system_clock_),
          observer_(options.observer != nullptr ? *options.observer : Observer::none()),
          endpoint_(options.endpoint) {
        if (endpoint_.empty())
            endpoint_ = formatted("https://sns.{}.amazonaws.com{}", options_.region,
                                  options_.region.starts_with("cn-") ? ".cn" : "");
    }

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override {
        if (messages.empty()) return;
        if (closed_) {
            for (DeliveryReport& report : reports)
                report = {Delivery::not_sent, Errc::unavailable, "the transport is closed"};
        } else {
            Publication(options_, endpoint_, clock_, exchange_, observer_, messages, reports).run(deadline);
        }
        count(reports);
    }
    Result<void> flush(Deadline deadline) override {
        if (deadline.expired()) return ticketbottle::fail(Errc::cancelled, "sns.flush", "the deadline passed");
        return {};  // publish returns when nothing is under way
    }
    Result<void> close(Deadline /*deadline*/) override {
        closed_ = true;
        return {};
    }

private:
    void count(std::span<const DeliveryReport> reports) {
        for (const auto& [delivery, outcome] :
             {std::pair{Delivery::delivered, "delivered"}, std::pair{Delivery::not_sent, "not_sent"},
              std::pair{Delivery::unknown, "unknown"}}) {
            const auto number = std::count_if(reports.begin(), reports.end(), [&](const DeliveryReport& report) {
                return report.delivery == delivery;
            });
            if (number > 0)
                observer_.count("ticketbottle_sns_messages_total", {{"outcome", outcome}}, static_cast<double>(number));
        }
    }

    SystemClock system_clock_;
    Options options_;
    HttpExchange exchange_;
    const Clock& clock_;
    Observer& observer_;
    std::string endpoint_;
    bool closed_ = false;
};

}  // namespace

Result<std::unique_ptr<MessageTransport>> open_transport(const Options& options, HttpExchange exchange) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    return std::unique_ptr<MessageTransport>(std::make_unique<Transport>(options, std::move(exchange)));
}

}  // namespace ticketbottle::sns
