#include <chrono>
#include <ticketbottle/gateway/payos.hpp>

#include "core/utf8.hpp"
#include "gateway/payos/canonical_text.hpp"
#include "gateway/payos/payment.hpp"
#include "gateway/signed_time.hpp"

namespace ticketbottle::payos {

namespace {

constexpr std::string_view operation = "payos.sign";

[[nodiscard]] std::optional<Error> check(const TestNotification& notification, const Config& config) {
    const auto invalid = [](std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); };
    const bool has_status =
        notification.status == NotifiedStatus::succeeded || notification.status == NotifiedStatus::failed;
    if (!has_status) {
        return invalid("status: only succeeded and failed exist");
    }
    if (gateway::check_keys(config.checksum_keys, "checksum_keys")) {
        return invalid("checksum_keys: none, or an empty one");
    }
    if (!is_order_code(notification.order_id)) {
        return invalid("order_id: not an integer from 1 to 2^53-1");
    }
    if (!is_link_id(notification.link_id)) {
        return invalid("link_id: not 1 to 64 letters, digits, '_' or '-'");
    }
    if (!gateway::is_utf8_identifier(notification.transaction_id) || signs_as_absent(notification.transaction_id)) {
        return invalid("transaction_id: empty, too long, with control characters, or a text that signs as absent");
    }
    if (notification.amount.currency != Currency::vnd() || notification.amount.minor_units < 1 ||
        notification.amount.minor_units > number_max) {
        return invalid("amount: not 1 to 2^53-1 dong");
    }
    if (!utf8::valid(notification.description)) {
        return invalid("description: not UTF-8");
    }
    return std::nullopt;
}

/// "2025-11-21 15:00:00", payOS's own clock: GMT+7.
[[nodiscard]] std::string local_time(TimePoint now) {
    std::string text = to_iso8601(now + std::chrono::hours(7)).substr(0, 19);
    text[10] = ' ';
    return text;
}

[[nodiscard]] std::string data_text(const TestNotification& notification, TimePoint now) {
    const bool succeeded = notification.status == NotifiedStatus::succeeded;
    std::string out;
    json::ObjectWriter data(out);
    data.raw("orderCode", notification.order_id);
    data.integer("amount", notification.amount.minor_units);
    data.string("description", notification.description);
    data.string("accountNumber", "0000000001");
    data.string("reference", notification.transaction_id);
    data.string("transactionDateTime", local_time(now));
    data.string("currency", "VND");
    data.string("paymentLinkId", notification.link_id);
    data.string("code", succeeded ? "00" : "01");
    data.string("desc", succeeded ? "success" : "failed");
    data.string("counterAccountBankId", "");
    data.raw("counterAccountBankName", "null");
    data.raw("counterAccountName", "null");
    data.raw("counterAccountNumber", "null");
    data.string("virtualAccountName", "");
    data.string("virtualAccountNumber", "");
    data.finish();
    return out;
}

}  // namespace

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    if (auto error = check(notification, config)) {
        return *error;
    }
    const std::string data = data_text(notification, now);
    const auto document = json::parse(data);
    if (!document.has_value()) {
        return fail(Errc::internal, operation, "data: our own text does not parse");
    }
    const auto text = canonical_text(document->root(), "data");
    if (!text.has_value()) {
        return fail(Errc::internal, operation, "data: our own text has no canonical form");
    }
    const bool succeeded = notification.status == NotifiedStatus::succeeded;
    Request request{.method = "POST",
                    .path = "/webhook/payos",
                    .query = {},
                    .headers = {{"Content-Type", "application/json"}},
                    .body = {}};
    json::ObjectWriter body(request.body);
    body.string("code", succeeded ? "00" : "01");
    body.string("desc", succeeded ? "success" : "failed");
    body.boolean("success", succeeded);
    body.raw("data", data);
    body.string("signature", crypto::lower_hex(crypto::hmac_sha256(config.checksum_keys.front().expose(), {*text})));
    body.finish();
    return request;
}

}  // namespace ticketbottle::payos
