#pragma once
/// \file
/// A checkout desk and a payment page in memory, whose calls fail as a test tells them to: before or after they did what they are for.

#include <ticketbottle/checkout/handler.hpp>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace ticketbottle::test {

struct Fault {
    Errc code = Errc::unavailable;
    enum class Effect : std::uint8_t { none, done } effect = Effect::none;
};

/// Which calls fail: each call takes the first fault of its list; the last one stays if `for_ever`.
class Faults {
public:
    void next(const std::string& call, Fault fault) { lists_[call].push_back(fault); }
    void for_ever(const std::string& call, Fault fault) { always_[call] = fault; }
    [[nodiscard]] std::optional<Fault> take(const std::string& call) {
        ++calls[call];
        if (const auto found = always_.find(call); found != always_.end()) return found->second;
        auto& list = lists_[call];
        if (list.empty()) return std::nullopt;
        const Fault fault = list.front();
        list.pop_front();
        return fault;
    }
    std::map<std::string, int> calls;

private:
    std::map<std::string, std::deque<Fault>> lists_;
    std::map<std::string, Fault> always_;
};

/// Does it, unless a fault says otherwise.
template <class Result, class Work>
Result faulty(Faults& faults, const std::string& call, Work work) {
    const auto fault = faults.take(call);
    if (!fault) return work();
    if (fault->effect == Fault::Effect::done) (void)work();
    return fail(fault->code, "test", "scripted");
}

class ScriptedDesk final : public checkout::Desk {
public:
    struct Order {
        std::string status = "pending";
        std::string session;
        std::optional<TimePoint> validated_at;
    };

    explicit ScriptedDesk(Faults& faults) : faults_(faults) {
        offer.price = {1999, 0, 1999, 1999, false};
        offer.currency = *Currency::parse("EUR");
        offer.ticket_name = "Balcony";
        offer.event_name = "Concert";
    }
    Result<checkout::Reserved> reserve(const checkout::Wanted& wanted, Deadline) override {
        asked = wanted;
        return faulty<Result<checkout::Reserved>>(faults_, "reserve", [&]() -> Result<checkout::Reserved> {
            checkout::Reserved reserved = offer;
            if (reserved.no_sale != checkout::NoSale::none) return reserved;
            const std::int64_t id = first_id + static_cast<std::int64_t>(orders.size());
            orders[id];
            reserved.order = checkout::OrderId{id};
            return reserved;
        });
    }
    Result<void> attach_session(checkout::OrderId id, std::string_view session, Deadline) override {
        return faulty<Result<void>>(faults_, "attach", [&]() -> Result<void> {
            Order& order = orders.at(static_cast<std::int64_t>(id));
            if (order.status != "pending") return fail(Errc::conflict, "test", "closed");
            order.session = session;
            return {};
        });
    }
    Result<checkout::Release> release(checkout::OrderId id, Deadline) override {
        return faulty<Result<checkout::Release>>(faults_, "release", [&]() -> Result<checkout::Release> {
            Order& order = orders.at(static_cast<std::int64_t>(id));
            if (order.status == "paid") return checkout::Release::paid;
            if (order.status != "pending") return checkout::Release::closed;
            order.status = "failed";
            return checkout::Release::released;
        });
    }
    Result<checkout::CheckIn> check_in(checkout::EventId event, checkout::OrderId order, TimePoint now, Deadline) override {
        asked_event = event;
        asked_order = order;
        return faulty<Result<checkout::CheckIn>>(faults_, "check_in", [&]() -> Result<checkout::CheckIn> {
            if (check_in_answer.what != checkout::CheckIn::What::done) return check_in_answer;
            return checkout::CheckIn{checkout::CheckIn::What::done, now};
        });
    }

    static constexpr std::int64_t first_id = 17;
    checkout::Reserved offer;
    checkout::CheckIn check_in_answer{checkout::CheckIn::What::done, std::nullopt};
    checkout::Wanted asked;
    checkout::EventId asked_event{};
    checkout::OrderId asked_order{};
    std::map<std::int64_t, Order> orders;

private:
    Faults& faults_;
};

class ScriptedPages {
public:
    explicit ScriptedPages(Faults& faults) : faults_(faults) {}

    [[nodiscard]] checkout::PaymentPages calls() {
        return {[this](const stripe::CheckoutSessionRequest& request, Deadline) { return create(request); },
                [this](std::string_view id, Deadline) { return expire(id); }};
    }
    std::vector<stripe::CheckoutSessionRequest> asked;
    std::map<std::string, bool> open;  ///< By session.

private:
    Result<stripe::CheckoutSession> create(const stripe::CheckoutSessionRequest& request) {
        asked.push_back(request);
        return faulty<Result<stripe::CheckoutSession>>(faults_, "create", [&]() -> Result<stripe::CheckoutSession> {
            stripe::CheckoutSession session;
            session.id = "cs_test_" + request.order_id;
            session.url = "https://checkout.stripe.example/c/" + session.id;
            session.expires_at = request.expires_at;
            open[session.id] = true;
            return session;
        });
    }
    Result<void> expire(std::string_view id) {
        return faulty<Result<void>>(faults_, "expire", [&]() -> Result<void> {
            open[std::string(id)] = false;
            return {};
        });
    }
    Faults& faults_;
};

}  // namespace ticketbottle::test
