#pragma once
/// \file
/// The answer to a callback, in each gateway's words. Source: docs/gateways/replies.md.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/verdict.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace ticketbottle {

/// How a callback ended, as far as the gateway is concerned. Nothing may be `applied` before the commit that
/// also wrote the outbox row.
enum class Situation : std::uint8_t {
    applied,
    duplicate,
    unknown_order,     ///< No such payment, and it cannot appear any more.
    order_may_appear,  ///< No such payment yet: the order may still be committing. Asks for a retry.
    amount_mismatch,
    bad_signature,
    malformed,
    transient_error,  ///< Ours: database down, deadline. Asks for a retry.
    not_for_us,       ///< Authentic, but unrelated: another event type or application.
};
inline constexpr std::size_t situation_count = 9;
[[nodiscard]] std::string_view to_string(Situation situation) noexcept;

struct Reply {
    int http_status = 500;
    std::string content_type;  ///< Empty when there is no body.
    std::string body;
};

/// ZaloPay's answer to an authentic callback that is not for us: documented both ways, so a setting.
enum class ZaloPayUnrelated : std::uint8_t { accept, refuse };

struct ReplyOptions {
    ZaloPayUnrelated zalopay_unrelated = ZaloPayUnrelated::accept;
};

/// Pure and total: every gateway answers every situation.
/// For stripe_eventbridge there is no body to send: a status of 500 means "throw, so that EventBridge retries".
[[nodiscard]] Reply reply(Gateway gateway, Situation situation, const ReplyOptions& options = {});

/// The situation a refusal by a verifier is. config_error is ours: transient_error, so that the gateway retries
/// after we have been mended.
[[nodiscard]] Situation situation_of(Reason reason) noexcept;

/// The proxy reply a function returns to API Gateway: {"statusCode":..,"headers":{"Content-Type":..},"body":..,"isBase64Encoded":false}.
/// \param headers  Beside Content-Type.
[[nodiscard]] std::string to_proxy_reply(const Reply& reply, std::span<const Header> headers = {});

}  // namespace ticketbottle
