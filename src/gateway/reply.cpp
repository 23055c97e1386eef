#include <ticketbottle/gateway/reply.hpp>

#include "core/json.hpp"

namespace ticketbottle {

namespace {

/// One cell of the response matrix (docs/gateways/replies.md): a code or HTTP status, and the words for people.
struct ZaloPayAnswer {
    int return_code;
    std::string_view message;
};
struct VnpayAnswer {
    std::string_view code;
    std::string_view message;
};

[[nodiscard]] ZaloPayAnswer zalopay_answer(Situation situation, ZaloPayUnrelated unrelated) noexcept {
    switch (situation) {
        case Situation::applied:
            return {1, "success"};
        case Situation::duplicate:
            return {2, "duplicate"};
        case Situation::unknown_order:
            return {-1, "order not found"};
        case Situation::order_may_appear:
            return {0, "order not found yet"};
        case Situation::amount_mismatch:
            return {-1, "amount mismatch"};
        case Situation::bad_signature:
            return {-1, "mac not equal"};
        case Situation::malformed:
            return {-1, "malformed callback"};
        case Situation::not_for_us:
            return unrelated == ZaloPayUnrelated::accept ? ZaloPayAnswer{1, "ignored"}
                                                         : ZaloPayAnswer{-1, "unsupported callback"};
        case Situation::transient_error:
            break;
    }
    return {0, "temporary failure"};
}

[[nodiscard]] VnpayAnswer vnpay_answer(Situation situation) noexcept {
    switch (situation) {
        case Situation::applied:
            return {"00", "Confirm Success"};
        case Situation::duplicate:
            return {"02", "Order already confirmed"};
        case Situation::unknown_order:
        case Situation::order_may_appear:
        // Another terminal's order: VNPay has no word for it, and to us it does not exist.
        case Situation::not_for_us:
            return {"01", "Order not found"};
        case Situation::amount_mismatch:
            return {"04", "Invalid amount"};
        case Situation::bad_signature:
            return {"97", "Invalid signature"};
        case Situation::malformed:
        case Situation::transient_error:
            break;
    }
    return {"99", "Unknown error"};
}

/// The gateways that read only the HTTP status: 500 asks for a retry, 400 shows a refusal, the rest is done with.
[[nodiscard]] int http_status(Situation situation, int done) noexcept {
    switch (situation) {
        case Situation::order_may_appear:
        case Situation::transient_error:
            return 500;
        case Situation::bad_signature:
        case Situation::malformed:
            return 400;
        case Situation::applied:
        case Situation::duplicate:
        case Situation::unknown_order:
        case Situation::amount_mismatch:
        case Situation::not_for_us:
            return done;
    }
    return 500;
}

constexpr std::string_view json_type = "application/json";

[[nodiscard]] Reply json_reply(int status, std::string body) {
    return {status, std::string(json_type), std::move(body)};
}

[[nodiscard]] Reply zalopay_reply(const ZaloPayAnswer& answer) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.integer("return_code", answer.return_code);
    writer.string("return_message", answer.message);
    writer.finish();
    return json_reply(200, std::move(body));
}

[[nodiscard]] Reply vnpay_reply(const VnpayAnswer& answer) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.string("RspCode", answer.code);
    writer.string("Message", answer.message);
    writer.finish();
    return json_reply(200, std::move(body));
}

/// {"<member>": true} with 200, else false.
[[nodiscard]] Reply flag_reply(int status, std::string_view member) {
    std::string body;
    json::ObjectWriter writer(body);
    writer.boolean(member, status == 200);
    writer.finish();
    return json_reply(status, std::move(body));
}

}  // namespace

std::string_view to_string(Situation situation) noexcept {
    switch (situation) {
        case Situation::applied:
            return "applied";
        case Situation::duplicate:
            return "duplicate";
        case Situation::unknown_order:
            return "unknown_order";
        case Situation::order_may_appear:
            return "order_may_appear";
        case Situation::amount_mismatch:
            return "amount_mismatch";
        case Situation::bad_signature:
            return "bad_signature";
        case Situation::malformed:
            return "malformed";
        case Situation::transient_error:
            return "transient_error";
        case Situation::not_for_us:
            return "not_for_us";
    }
    return "unknown";
}

Reply reply(Gateway gateway, Situation situation, const ReplyOptions& options) {
    switch (gateway) {
        case Gateway::zalopay:
            return zalopay_reply(zalopay_answer(situation, options.zalopay_unrelated));
        case Gateway::payos:
            return flag_reply(http_status(situation, 200), "success");
        case Gateway::vnpay:
            return vnpay_reply(vnpay_answer(situation));
        case Gateway::stripe:
            return flag_reply(http_status(situation, 200), "received");
        case Gateway::stripe_eventbridge:
        case Gateway::standard_webhooks:
            return {http_status(situation, 200), {}, {}};
        case Gateway::momo:
            return {http_status(situation, 204), {}, {}};
    }
    return {};
}

Situation situation_of(Reason reason) noexcept {
    switch (reason) {
        case Reason::missing_signature:
        case Reason::bad_signature:
        case Reason::untrusted_source:
        case Reason::timestamp_expired:
        case Reason::timestamp_future:
            return Situation::bad_signature;
        case Reason::malformed_body:
        case Reason::malformed_header:
        case Reason::duplicate_key:
        case Reason::missing_field:
        case Reason::bad_amount:
        case Reason::bad_order_code:
        case Reason::unsupported_value:
            return Situation::malformed;
        case Reason::unsupported_type:
        case Reason::account_mismatch:
            return Situation::not_for_us;
        case Reason::config_error:
            break;
    }
    return Situation::transient_error;
}

std::string to_proxy_reply(const Reply& reply, std::span<const Header> headers) {
    std::string listed;
    json::ObjectWriter header_writer(listed);
    if (!reply.content_type.empty()) header_writer.string("Content-Type", reply.content_type);
    for (const Header& header : headers) header_writer.string(header.name, header.value);
    header_writer.finish();
    std::string out;
    json::ObjectWriter writer(out);
    writer.integer("statusCode", reply.http_status);
    writer.raw("headers", listed);
    writer.string("body", reply.body);
    writer.boolean("isBase64Encoded", false);
    writer.finish();
    return out;
}

}  // namespace ticketbottle
