#include "demo_plan.hpp"

#include <array>
#include <ticketbottle/core/ids.hpp>

#include "json_text.hpp"
#include "order_names.hpp"

namespace program {

using namespace ticketbottle;

namespace {

/// Copies of a success that arrive at once.
constexpr int rush = 5;

struct Buyer {
    const char* name;
    const char* email;
};
constexpr std::array<Buyer, 7> buyers = {{{"Nguyễn Thị Ánh Tuyết", "tuyet@example.com"},
                                          {"Trần Đức Mạnh", "manh@example.com"},
                                          {"Lê Hoàng Phương Uyên", "uyen@example.com"},
                                          {"Phạm Quỳnh Như", "nhu@example.com"},
                                          {"Đặng Vũ Khải Hoàn", "hoan@example.com"},
                                          {"Bùi Thị Mỹ Lệ", "le@example.com"},
                                          {"Huỳnh Ngọc Diễm", "diem@example.com"}}};

struct Show {
    const char* id;
    const char* name;
    const char* venue;
    int days_ahead;
};
constexpr std::array<Show, 3> shows = {
    {{"EV-2001", "Đêm nhạc Trịnh Công Sơn: Nối vòng tay lớn", "Nhà hát Lớn Hà Nội, 1 Tràng Tiền, Hoàn Kiếm", 30},
     {"EV-2002", "Lễ hội âm nhạc mùa hè Đà Nẵng", "Công viên Biển Đông, Võ Nguyên Giáp, Sơn Trà", 45},
     {"EV-2003", "Kịch: Số đỏ", "Sân khấu kịch IDECAF, 28 Lê Thánh Tôn, Quận 1", 12}}};

std::string random_token() {
    std::string text = random_uuid();
    std::erase(text, '-');
    return text;
}

class Planner {
public:
    explicit Planner(TimePoint now) : now_(now) {}

    /// An order with its payment; `tickets` of them in its metadata.
    Result<DemoOrder> order(Gateway gateway, std::int64_t amount, int tickets, std::string story) {
        DemoOrder order;
        order.gateway = gateway;
        order.order_code = new_order_code(now_);
        order.story = std::move(story);
        const auto names = names_of_order(gateway, order.order_code, "", PayosNumber::dated_base36, now_);
        if (!names.has_value()) return names.error();
        Payment payment;
        payment.id = random_uuid();
        payment.order_code = order.order_code;
        payment.amount = {amount, Currency::vnd()};
        payment.provider = gateway == Gateway::stripe_eventbridge ? "stripe" : to_string(gateway);
        payment.provider_transaction_id = names->provider_transaction_id;
        payment.idempotency_key = "demo-" + order.order_code;
        payment.created_at = payment.updated_at = now_;
        payment.metadata = metadata(order, tickets);
        order.payment = std::move(payment);
        names_ = *names;
        ++count_;
        return order;
    }

    void add(DemoOrder& order, std::string what, NotifiedStatus status, Situation situation,
             Signature signature = Signature::genuine, int copies = 1) const {
        DemoCallback callback;
        callback.what = std::move(what);
        callback.notification.status = status;
        callback.notification.order_id = names_.order_id;
        callback.notification.link_id = names_.link_id;
        callback.notification.transaction_id = digits_of(order.order_code);
        callback.notification.event_id = "evt_" + std::string(to_string(status)) + "_" + order.order_code;
        callback.notification.amount = order.payment->amount;
        callback.signature = signature;
        callback.situation = situation;
        callback.copies = copies;
        order.callbacks.push_back(std::move(callback));
    }

private:
    [[nodiscard]] std::string metadata(DemoOrder& order, int tickets) const {
        const Buyer& buyer = buyers[count_ % buyers.size()];
        const Show& show = shows[count_ % shows.size()];
        JsonArray list;
        for (int i = 1; i <= tickets; ++i) {
            const std::string id = "T-" + order.order_code + "-" + std::to_string(i);
            order.ticket_ids.push_back(id);
            list.add(JsonObject()
                         .text("ticket_id", id)
                         .text("ticket_type", i == 1 ? "Khán đài A – Hạng nhất" : "Khán đài B")
                         .text("seat_info", "Hàng " + std::to_string(3 + i) + ", ghế " + std::to_string(10 + i))
                         .text("qr_code_data", "qr-" + random_token())
                         .done());
        }
        const TimePoint begins =
            std::chrono::floor<std::chrono::days>(now_) + std::chrono::days(show.days_ahead) + std::chrono::hours(13);
        return JsonObject()
            .text("customer_email", buyer.email)
            .text("customer_name", buyer.name)
            .text("event_id", show.id)
            .text("event_name", show.name)
            .text("event_date", to_iso8601(begins))
            .text("event_venue", show.venue)
            .raw("tickets", list.done())
            .done();
    }

    TimePoint now_;
    OrderNames names_;  ///< Of the order made last.
    std::size_t count_ = 0;
};

/// Forged, then paid in several copies at once, then again, then a failure that comes too late.
Result<DemoOrder> paid_order(Planner& planner, Gateway gateway, std::int64_t amount, int tickets) {
    const bool can_fail = gateway != Gateway::zalopay;  // ZaloPay calls only when money was taken
    auto order = planner.order(
        gateway, amount, tickets,
        can_fail ? "forged; paid x5 at once; paid again; failed, too late" : "forged; paid x5 at once; paid again");
    if (!order.has_value()) return order;
    planner.add(*order, "forged", NotifiedStatus::succeeded, Situation::bad_signature, Signature::forged);
    planner.add(*order, "paid", NotifiedStatus::succeeded, Situation::applied, Signature::genuine, rush);
    planner.add(*order, "paid again", NotifiedStatus::succeeded, Situation::duplicate);
    if (can_fail) planner.add(*order, "failed, too late", NotifiedStatus::failed, Situation::duplicate);
    order->status = PaymentStatus::completed;
    order->event = EventType::payment_completed;
    return order;
}

Result<DemoOrder> cancelled_order(Planner& planner) {
    auto order = planner.order(Gateway::vnpay, 320'000, 1, "cancelled; paid after all: held for a person");
    if (!order.has_value()) return order;
    planner.add(*order, "cancelled", NotifiedStatus::cancelled, Situation::applied);
    planner.add(*order, "paid, too late", NotifiedStatus::succeeded, Situation::applied);
    order->callbacks.back().notification.transaction_id = digits_of("late " + order->order_code);
    order->callbacks.back().becomes = "held";
    order->raised = 1;
    order->status = PaymentStatus::cancelled;
    order->event = EventType::payment_cancelled;
    return order;
}

Result<DemoOrder> failed_order(Planner& planner) {
    auto order = planner.order(Gateway::momo, 180'000, 1, "failed; the same again");
    if (!order.has_value()) return order;
    planner.add(*order, "failed", NotifiedStatus::failed, Situation::applied);
    planner.add(*order, "failed again", NotifiedStatus::failed, Situation::duplicate);
    order->status = PaymentStatus::failed;
    order->event = EventType::payment_failed;
    return order;
}

Result<DemoOrder> wrong_amount_order(Planner& planner) {
    auto order =
        planner.order(Gateway::zalopay, 7'200'000, 2, "genuine, but 72.000 instead of 7.200.000: changes nothing");
    if (!order.has_value()) return order;
    planner.add(*order, "wrong amount", NotifiedStatus::succeeded, Situation::amount_mismatch);
    order->callbacks.back().notification.amount.minor_units = 72'000;
    order->raised = 1;
    return order;
}

Result<DemoOrder> unknown_order(Planner& planner) {
    auto order = planner.order(Gateway::vnpay, 90'000, 0, "genuine, but no such order");
    if (!order.has_value()) return order;
    planner.add(*order, "unknown order", NotifiedStatus::succeeded, Situation::unknown_order);
    order->payment.reset();
    return order;
}

}  // namespace

std::uint64_t raised_expected(const std::vector<DemoOrder>& plan) noexcept {
    std::uint64_t count = 0;
    for (const DemoOrder& order : plan) count += order.raised;
    return count;
}

host::Environment demo_environment(const std::string& data_folder) {
    return {{"TICKETBOTTLE_DATA", data_folder},
            {"TICKETBOTTLE_LISTEN", "127.0.0.1:0"},
            {"TICKETBOTTLE_INVOKE", "on"},
            {"LOG_LEVEL", "info"},
            {"QR_CODE_BASE_URL", "https://ticketbottle.example/check-in"},
            {"SES_FROM_EMAIL", "tickets@ticketbottle.example"},
            {"ZALOPAY_APP_ID", "2553"},
            {"ZALOPAY_KEY1", "demo-" + random_token()},
            {"ZALOPAY_KEY2", "demo-" + random_token()},
            {"PAYOS_CHECKSUM_KEY", "demo-" + random_token()},
            {"VNPAY_TMN_CODE", "DEMO0001"},
            {"VNPAY_HASH_SECRET", "demo-" + random_token()},
            {"STRIPE_WEBHOOK_SECRET", "whsec_demo_" + random_token()},
            {"STRIPE_EVENTBRIDGE_SOURCE", "aws.partner/stripe.com/ed_demo"},
            {"STRIPE_EVENTBRIDGE_ACCOUNT", "000000000000"},
            {"MOMO_PARTNER_CODE", "MOMODEMO"},
            {"MOMO_ACCESS_KEY", "demo-" + random_token()},
            {"MOMO_SECRET_KEY", "demo-" + random_token()},
            {"STANDARD_WEBHOOKS_SECRET", "whsec_" + random_token()}};
}

std::string demo_environment_file(const host::Environment& environment) {
    std::string out = "# Fake keys of one demo run. Use:  set -a; . ./demo.env; set +a; ticketbottle serve --all\n";
    for (const auto& [name, value] : environment) {
        std::string quoted;
        for (const char c : name == "TICKETBOTTLE_LISTEN" ? std::string("127.0.0.1:8080") : value)
            quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
        out.append(name).append("='").append(quoted).append("'\n");
    }
    return out;
}

Result<std::vector<DemoOrder>> make_demo_plan(TimePoint now) {
    Planner planner(now);
    std::vector<Result<DemoOrder>> made;
    made.push_back(paid_order(planner, Gateway::zalopay, 7'200'000, 2));
    made.push_back(paid_order(planner, Gateway::payos, 450'000, 1));
    made.push_back(paid_order(planner, Gateway::vnpay, 1'250'000, 2));
    made.push_back(paid_order(planner, Gateway::stripe, 980'000, 1));
    made.push_back(paid_order(planner, Gateway::stripe_eventbridge, 640'000, 1));
    made.push_back(paid_order(planner, Gateway::momo, 300'000, 1));
    made.push_back(paid_order(planner, Gateway::standard_webhooks, 560'000, 2));
    made.push_back(cancelled_order(planner));
    made.push_back(failed_order(planner));
    made.push_back(wrong_amount_order(planner));
    made.push_back(unknown_order(planner));
    std::vector<DemoOrder> plan;
    for (Result<DemoOrder>& order : made) {
        if (!order.has_value()) return order.error();
        plan.push_back(std::move(*order));
    }
    return plan;
}

}  // namespace program
