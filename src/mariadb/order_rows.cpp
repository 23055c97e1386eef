#include "mariadb/order_rows.hpp"

#include "core/format.hpp"
#include "core/json.hpp"
#include "payment/stored_names.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ticketbottle::mariadb {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

PaymentStatus status_of(std::string_view status, const OrderOptions& options, bool& foreign) {
    if (status == "pending") return PaymentStatus::pending;
    if (status == "paid") return PaymentStatus::completed;
    if (status == options.failed) return PaymentStatus::failed;
    foreign = status != options.cancelled;
    return PaymentStatus::cancelled;
}

Result<void> check_state(std::string_view operation, std::string_view name, const std::string& state) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-'; };
    const bool ours = state == "pending" || state == "paid";
    if (!state.empty() && state.size() <= 64 && !ours && std::ranges::all_of(state, plain)) return {};
    return fail(Errc::invalid_argument, operation,
                formatted("{}: 1..64 of letters, digits, '_' and '-', and neither \"pending\" nor \"paid\"", name));
}

Error odd_value(std::string_view operation, std::string_view column) {
    return fail(Errc::internal, operation, formatted("column payment_inbox.{} holds a value no version writes", column));
}

}  // namespace

std::optional<std::int64_t> order_number(std::string_view name) noexcept {
    if (name.empty() || name.front() == '0' || !std::ranges::all_of(name, is_digit)) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> minor_units(std::string_view decimal, int exponent) noexcept {
    const std::size_t point = std::min(decimal.find('.'), decimal.size());
    std::string_view whole = decimal.substr(0, point);
    std::string_view fraction = decimal.substr(std::min(point + 1, decimal.size()));
    if (whole.empty() || (point < decimal.size() && fraction.empty())) return std::nullopt;
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit)) return std::nullopt;
    const auto places = static_cast<std::size_t>(exponent);
    const std::string_view beyond = fraction.substr(std::min(places, fraction.size()));
    if (!std::ranges::all_of(beyond, [](char c) { return c == '0'; })) return std::nullopt;
    std::int64_t units = 0;
    for (std::size_t i = 0; i < whole.size() + places; ++i) {
        const std::size_t place = i - std::min(i, whole.size());
        const char digit = i < whole.size() ? whole[i] : place < fraction.size() ? fraction[place] : '0';
        if (units > (std::numeric_limits<std::int64_t>::max() - (digit - '0')) / 10) return std::nullopt;
        units = units * 10 + (digit - '0');
    }
    return units;
}

std::string decimal_text(std::int64_t units, int exponent) {
    std::string text = formatted("{:0{}}", units, exponent + 1);
    if (exponent > 0) text.insert(text.size() - static_cast<std::size_t>(exponent), 1, '.');
    return text;
}

std::string metadata_of(const Order& order, std::string_view email) {
    std::string text;
    json::ObjectWriter writer(text);
    const std::string_view address = email.empty() ? std::string_view(order.email) : email;
    if (!address.empty()) writer.string("customer_email", address);
    if (!order.event_id.empty()) writer.string("event_id", order.event_id);
    if (order.ticket_id != 0) writer.string("ticket_id", std::to_string(order.ticket_id));
    writer.integer("quantity", order.quantity);
    writer.finish();
    return text;
}

Result<void> check_order_options(std::string_view operation, const OrderOptions& options) {
    if (options.currency == Currency()) return fail(Errc::invalid_argument, operation, "currency: none");
    if (auto checked = check_state(operation, "failed", options.failed); !checked.has_value()) return checked;
    if (auto checked = check_state(operation, "cancelled", options.cancelled); !checked.has_value()) return checked;
    if (options.failed == options.cancelled) return fail(Errc::invalid_argument, operation, "failed, cancelled: the same");
    return {};
}

Result<Order> read_order(std::string_view operation, const Rows& rows, std::size_t row, const OrderOptions& options) {
    Order order;
    Payment& payment = order.payment;
    order.id = rows.integer(row, 0);
    if (order.id < 1) return fail(Errc::malformed, operation, "ticket_orders.id is not a number from 1 on");
    payment.id = payment.order_code = std::to_string(order.id);
    order.event_id = rows.text(row, 1);
    order.ticket_id = rows.integer(row, 2);
    order.email = rows.text(row, 3);
    order.quantity = rows.integer(row, 4);
    order.discount_code_id = rows.integer(row, 5);
    payment.amount.currency = options.currency;
    const auto amount = minor_units(rows.view(row, 6), payment.amount.currency.exponent());
    if (!amount)
        return fail(Errc::malformed, operation,
                    formatted("order {}: ticket_orders.total_amount is no amount in {}", order.id, payment.amount.currency.code()));
    payment.amount.minor_units = *amount;
    payment.provider = "stripe";
    payment.status = status_of(rows.view(row, 7), options, order.foreign_state);
    payment.provider_transaction_id = rows.text(row, 8);
    order.payment_intent = rows.text(row, 9);
    payment.created_at = payment.updated_at = rows.time(row, 10);
    payment.metadata = metadata_of(order);
    return order;
}

Result<InboxEntry> read_inbox_entry(std::string_view operation, const Rows& rows, std::size_t row, std::size_t column) {
    InboxEntry entry;
    const Result<Gateway> gateway = parse_gateway(rows.view(row, column));
    if (!gateway.has_value()) return odd_value(operation, "gateway");
    entry.gateway = *gateway;
    entry.dedup_key = rows.text(row, column + 1);
    entry.payment_id = rows.text(row, column + 2);
    entry.transaction_id = rows.text(row, column + 3);
    entry.charge_id = rows.text(row, column + 4);
    const auto status = payment::parse_notified_status(rows.view(row, column + 5));
    if (!status) return odd_value(operation, "status");
    entry.status = *status;
    entry.amount.minor_units = rows.integer(row, column + 6);
    const Result<Currency> currency = Currency::parse(rows.view(row, column + 7));
    if (!currency.has_value()) return odd_value(operation, "currency");
    entry.amount.currency = *currency;
    const auto outcome = payment::parse_outcome(rows.view(row, column + 8));
    if (!outcome) return odd_value(operation, "outcome");
    entry.outcome = *outcome;
    const auto refusal = payment::parse_refusal(rows.view(row, column + 9));
    if (!refusal) return odd_value(operation, "refusal");
    entry.refusal = *refusal;
    entry.received_at = rows.time(row, column + 10);
    return entry;
}

void add_times(Payment& payment, const InboxEntry& entry) {
    if (entry.outcome != Outcome::applied) return;
    payment.updated_at = std::max(payment.updated_at, entry.received_at);
    switch (entry.status) {
        case NotifiedStatus::succeeded:
            payment.completed_at = entry.received_at;
            break;
        case NotifiedStatus::failed:
            payment.failed_at = entry.received_at;
            break;
        case NotifiedStatus::cancelled:
            payment.cancelled_at = entry.received_at;
            break;
        case NotifiedStatus::pending:
        case NotifiedStatus::ignored:
            break;
    }
}

}  // namespace ticketbottle::mariadb
