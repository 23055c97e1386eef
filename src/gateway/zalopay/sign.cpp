#include <ticketbottle/gateway/zalopay.hpp>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/zalopay/notification.hpp"

namespace ticketbottle::zalopay {

namespace {

constexpr std::string_view operation = "zalopay.sign";

[[nodiscard]] Error invalid(std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); }

[[nodiscard]] Result<std::int64_t> check(const TestNotification& notification, const Config& config) {
    if (config.app_id <= 0) {
        return invalid("app_id is not configured");
    }
    if (auto bad = gateway::check_keys(config.key2, "key2")) {
        return invalid(bad->detail);
    }
    if (notification.status != NotifiedStatus::succeeded) {
        return invalid("ZaloPay reports only payments that succeeded");
    }
    if (auto bad = gateway::check_order_id(notification.order_id, app_trans_id_bytes_max, "order_id")) {
        return invalid(bad->detail);
    }
    if (!utf8::valid(notification.order_id) || !utf8::valid(notification.description)) {
        return invalid("order_id and description must be UTF-8");
    }
    if (notification.amount.currency != Currency::vnd() || notification.amount.minor_units <= 0) {
        return invalid("the amount must be in VND and above zero");
    }
    const auto transaction = gateway::parse_digits(notification.transaction_id);
    if (!transaction || notification.transaction_id.size() > 18 || *transaction == 0) {
        return invalid("transaction_id must be 1 to 18 digits and not zero");
    }
    return *transaction;
}

/// `item`: JSON text of an array, itself a string in `data`.
[[nodiscard]] std::string item_text(std::string_view description) {
    std::string item = "[";
    json::ObjectWriter writer(item);
    writer.string("itemname", description);
    writer.finish();
    item += ']';
    return item;
}

}  // namespace

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    const auto transaction = check(notification, config);
    if (!transaction.has_value()) {
        return transaction.error();
    }
    const std::int64_t now_ms = now.time_since_epoch().count();
    std::string data;
    json::ObjectWriter inner(data);
    inner.integer("app_id", config.app_id);
    inner.string("app_trans_id", notification.order_id);
    inner.integer("app_time", now_ms);
    inner.string("app_user", "TicketBottle");
    inner.integer("amount", notification.amount.minor_units);
    inner.string("embed_data", "{}");
    inner.string("item", item_text(notification.description));
    inner.integer("zp_trans_id", *transaction);
    inner.integer("server_time", now_ms);
    inner.integer("channel", 38);
    inner.string("merchant_user_id", "test-user");
    inner.integer("user_fee_amount", 0);
    inner.integer("discount_amount", 0);
    inner.finish();

    Request request;
    request.method = "POST";
    request.path = "/webhook/zalopay";
    request.headers.push_back({"Content-Type", "application/json"});
    json::ObjectWriter body(request.body);
    body.string("data", data);
    body.string("mac", crypto::lower_hex(crypto::hmac_sha256(config.key2.front().expose(), {data})));
    body.integer("type", 1);
    body.finish();
    return request;
}

}  // namespace ticketbottle::zalopay
