#include <ticketbottle/gateway/momo.hpp>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/momo/outcome.hpp"
#include "gateway/momo/signed_text.hpp"

namespace ticketbottle::momo {

namespace {

constexpr std::string_view operation = "momo.sign";

[[nodiscard]] Error invalid(std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); }

struct Report {
    std::int64_t result_code;
    std::string_view message;
};

[[nodiscard]] Result<Report> report_of(NotifiedStatus status) {
    switch (status) {
        case NotifiedStatus::succeeded:
            return Report{0, "Successful."};
        case NotifiedStatus::failed:
            return Report{1001, "Insufficient funds."};
        case NotifiedStatus::cancelled:
            return Report{1006, "Transaction denied by user."};
        case NotifiedStatus::pending:
            return Report{7000, "Transaction is being processed."};
        case NotifiedStatus::ignored:
            break;
    }
    return invalid("MoMo has no call for status ignored");
}

[[nodiscard]] std::optional<Error> check(const TestNotification& notification, const Config& config) {
    if (config.partner_code.empty() || config.access_key.empty()) {
        return invalid("partner_code and access_key must be configured");
    }
    if (auto bad = gateway::check_keys(config.secret_keys, "secret_keys")) {
        return invalid(bad->detail);
    }
    if (!is_order_id(notification.order_id)) {
        return invalid("order_id is not of MoMo's documented form");
    }
    if (!utf8::valid(notification.description) || !utf8::valid(notification.event_id) ||
        notification.event_id.find('&') != std::string::npos || !utf8::valid(config.partner_code) ||
        config.partner_code.find_first_of("&=") != std::string::npos) {
        return invalid("description, event_id and partner_code must be UTF-8, the latter two without '&'");
    }
    if (notification.amount.currency != Currency::vnd() || notification.amount.minor_units <= 0) {
        return invalid("the amount must be in VND and above zero");
    }
    return std::nullopt;
}

/// 0, as MoMo reports it, where no money moved.
[[nodiscard]] Result<std::int64_t> transaction_of(const TestNotification& notification) {
    if (notification.transaction_id.empty() && notification.status != NotifiedStatus::succeeded) {
        return std::int64_t{0};
    }
    const auto number = gateway::parse_digits(notification.transaction_id);
    if (!number) {
        return invalid("transaction_id must be digits within 64 bits");
    }
    return *number;
}

}  // namespace

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    if (auto bad = check(notification, config)) {
        return *bad;
    }
    const auto report = report_of(notification.status);
    if (!report.has_value()) {
        return report.error();
    }
    const auto transaction = transaction_of(notification);
    if (!transaction.has_value()) {
        return transaction.error();
    }
    std::string members;
    json::ObjectWriter writer(members);
    writer.string("partnerCode", config.partner_code);
    writer.string("orderId", notification.order_id);
    writer.string("requestId", notification.event_id.empty() ? notification.order_id : notification.event_id);
    writer.integer("amount", notification.amount.minor_units);
    writer.string("orderInfo", notification.description);
    writer.string("orderType", "momo_wallet");
    writer.integer("transId", *transaction);
    writer.integer("resultCode", report->result_code);
    writer.string("message", report->message);
    writer.string("payType", "qr");
    writer.integer("responseTime", now.time_since_epoch().count());
    writer.string("extraData", "");
    std::string unsigned_body = members;
    unsigned_body += '}';

    // Read back, so that the text signed is the text of the very bytes sent.
    const auto document = gateway::read_object(unsigned_body, "body");
    const auto text = document.has_value() ? signed_text(document->root(), config.access_key) : document.error();
    if (!text.has_value()) {
        return invalid(text.error().detail);
    }
    writer.string("signature", crypto::lower_hex(crypto::hmac_sha256(config.secret_keys.front().expose(), {*text})));
    writer.finish();
    Request request;
    request.method = "POST";
    request.path = "/webhook/momo";
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(members);
    return request;
}

}  // namespace ticketbottle::momo
