#include "payment_text.hpp"

#include "json_text.hpp"

namespace program {

using namespace ticketbottle;

Result<std::optional<Payment>> find_payment(PaymentStore& store, const std::string& name) {
    constexpr std::chrono::seconds timeout{10};
    for (const PaymentKey key : {PaymentKey::order_code, PaymentKey::id, PaymentKey::provider_transaction_id}) {
        auto found = store.find(key, name, Deadline::in(timeout));
        if (!found.has_value() || *found) return found;
    }
    return std::optional<Payment>();
}

std::string payment_json(const Payment& payment) {
    JsonObject object;
    object.text("id", payment.id).text("order_code", payment.order_code).text("status", to_string(payment.status));
    object.number("amount", payment.amount.minor_units).text("currency", payment.amount.currency.code());
    object.text("provider", payment.provider).text("provider_transaction_id", payment.provider_transaction_id);
    object.text("created_at", to_iso8601(payment.created_at)).text("updated_at", to_iso8601(payment.updated_at));
    if (payment.completed_at) object.text("completed_at", to_iso8601(*payment.completed_at));
    if (payment.failed_at) object.text("failed_at", to_iso8601(*payment.failed_at));
    if (payment.cancelled_at) object.text("cancelled_at", to_iso8601(*payment.cancelled_at));
    return object.done();
}

std::string payment_line(const Payment& payment) {
    const auto padded = [](std::string text, std::size_t width) {
        text.resize(std::max(text.size(), width), ' ');
        return text;
    };
    const std::string amount =
        std::to_string(payment.amount.minor_units) + " " + std::string(payment.amount.currency.code());
    return padded(payment.order_code, 28) + "  " + padded(std::string(to_string(payment.status)), 9) + "  " +
           padded(amount, 14) + "  " + padded(payment.provider, 18) + "  " + to_iso8601(payment.created_at);
}

}  // namespace program
