#include "demo_check.hpp"

#include <algorithm>
#include <filesystem>
#include <ticketbottle/event/events.hpp>

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds store_timeout{5};
constexpr std::chrono::seconds topic_timeout{20};  // a first look at Kafka joins a group

std::size_t files_in(const std::string& folder) {
    std::error_code error;
    std::size_t count = 0;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        count += entry->is_regular_file(error) ? 1 : 0;
    return count;
}

Result<void> read_payments(const Settings& settings, const std::vector<DemoOrder>& plan, DemoOutcome& outcome) {
    const auto payments = open_payments(settings, sqlite::OpenMode::read_only);
    if (!payments.has_value()) return payments.error();
    for (const DemoOrder& order : plan) {
        const auto found = (*payments)->find(PaymentKey::order_code, order.order_code, Deadline::in(store_timeout));
        if (!found.has_value()) return found.error();
        outcome.orders[order.order_code].status = *found ? std::string(to_string((*found)->status)) : std::string();
    }
    const auto counts = (*payments)->counts(Deadline::in(store_timeout));
    if (!counts.has_value()) return counts.error();
    outcome.raised = counts->raised;
    const auto outbox = open_outbox(settings, sqlite::OpenMode::read_only);
    if (!outbox.has_value()) return outbox.error();
    const auto statistics = (*outbox)->statistics(Deadline::in(store_timeout));
    if (!statistics.has_value()) return statistics.error();
    outcome.waiting = statistics->pending + statistics->dead;
    return {};
}

std::size_t tickets_there(const Settings& settings, const DemoOrder& order) {
    std::size_t count = 0;
    for (const std::string& id : order.ticket_ids) {
        const auto key = ticket_object_key(order.order_code, id);
        std::error_code error;
        if (key.has_value() && std::filesystem::file_size(settings.tickets_folder() + "/" + *key, error) > 1000 &&
            !error)
            ++count;
    }
    return count;
}

std::string listed(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out.append(out.empty() ? "" : ", ").append(word);
    return out.empty() ? "none" : out;
}

std::string type_of(const Message& message) {
    const auto header = std::ranges::find(message.headers, "eventType", &MessageHeader::name);
    return header == message.headers.end() ? "an event without a type" : header->value;
}

void compare(const DemoOrder& order, const DemoOutcome::Order& is, std::vector<std::string>& out) {
    const std::string name = std::string(to_string(order.gateway)) + " " + order.order_code + ": ";
    const std::string status = order.payment ? std::string(to_string(order.status)) : std::string();
    if (is.status != status) out.push_back(name + "status is " + is.status + ", must be " + status);
    std::vector<std::string> events;
    if (order.event) events.emplace_back(to_string(*order.event));
    events.insert(events.end(), order.alerts.begin(), order.alerts.end());
    if (is.events != events) out.push_back(name + "events are " + listed(is.events) + ", must be " + listed(events));
    const std::size_t tickets = order.status == PaymentStatus::completed ? order.ticket_ids.size() : 0;
    if (is.tickets != tickets)
        out.push_back(name + std::to_string(is.tickets) + " tickets, must be " + std::to_string(tickets));
}

}  // namespace

Result<DemoLook> DemoLook::open(const Settings& settings) {
    DemoLook look(settings);
    for (const EventType type : {EventType::payment_completed, EventType::payment_failed, EventType::payment_cancelled}) {
        auto source = open_source(settings, "demo", settings.relay.messages.topics.at(std::string(to_string(type))),
                                  Observer::none());
        if (!source.has_value()) return source.error();
        look.topics_.push_back({type, std::move(*source)});
    }
    if (!settings.mariadb) return look;
    auto alerts = open_source(settings, "demo", settings.relay.messages.topics.at("ORDER_OVERSOLD"), Observer::none());
    if (!alerts.has_value()) return alerts.error();
    look.topics_.push_back({std::nullopt, std::move(*alerts)});
    return look;
}

Result<void> DemoLook::read_on(Topic& topic) {
    for (;;) {
        const auto page = topic.source->read(1000, Deadline::in(topic_timeout));
        if (!page.has_value()) return page.error();
        if (page->empty()) return {};
        for (const ReceivedMessage& received : *page) {
            if (!topic.type) {
                events_[received.message.key].push_back(type_of(received.message));
                continue;
            }
            const auto event = parse_payment_event(*topic.type, received.message.value);
            const std::string code = event.has_value() ? event->order_code : "an event that does not parse";
            events_[code].emplace_back(to_string(*topic.type));
        }
    }
}

Result<DemoOutcome> DemoLook::look(const std::vector<DemoOrder>& plan) {
    DemoOutcome outcome;
    if (const auto read = read_payments(*settings_, plan, outcome); !read.has_value()) return read.error();
    for (Topic& topic : topics_)
        if (const auto read = read_on(topic); !read.has_value()) return read.error();
    for (const auto& [code, events] : events_) outcome.orders[code].events = events;
    for (const DemoOrder& order : plan) outcome.orders[order.order_code].tickets = tickets_there(*settings_, order);
    outcome.mails = files_in(settings_->mail_folder() + "/new");
    return outcome;
}

std::vector<std::string> differences(const DemoOutcome& outcome, const std::vector<DemoOrder>& plan) {
    std::vector<std::string> out;
    for (const DemoOrder& order : plan) compare(order, outcome.orders.at(order.order_code), out);
    for (const auto& [code, is] : outcome.orders) {
        const bool planned =
            std::ranges::any_of(plan, [&code = code](const DemoOrder& order) { return order.order_code == code; });
        if (!planned) out.push_back(code + ": events of an order that was never made");
    }
    if (outcome.mails != mails_expected(plan))
        out.push_back(std::to_string(outcome.mails) + " mails, must be " + std::to_string(mails_expected(plan)));
    if (outcome.waiting != 0) out.push_back(std::to_string(outcome.waiting) + " events are not published");
    if (outcome.raised != raised_expected(plan))
        out.push_back(std::to_string(outcome.raised) + " callbacks raised for a person, must be " +
                      std::to_string(raised_expected(plan)));
    return out;
}

std::size_t mails_expected(const std::vector<DemoOrder>& plan) {
    std::size_t count = 0;
    for (const DemoOrder& order : plan)
        if (order.status == PaymentStatus::completed) count += 1 + order.ticket_ids.size();
    return count;
}

}  // namespace program
