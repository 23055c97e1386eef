#include "gateway/stripe/test_event.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "core/json.hpp"
#include "gateway/fields.hpp"
#include "gateway/signed_time.hpp"

namespace ticketbottle::stripe {

namespace {

[[nodiscard]] std::optional<std::string_view> find_fault(const TestNotification& notification) {
    if (!gateway::is_utf8_identifier(notification.event_id)) {
        return "event_id: empty, too long, or with control characters";
    }
    if (!gateway::is_utf8_identifier(notification.link_id)) {
        return "link_id: empty, too long, or with control characters";
    }
    if (!notification.transaction_id.empty() && !gateway::is_utf8_identifier(notification.transaction_id)) {
        return "transaction_id: too long, or with control characters";
    }
    if (!notification.order_id.empty() && !gateway::is_utf8_identifier(notification.order_id)) {
        return "order_id: too long, or with control characters";
    }
    if (!notification.payer_email.empty() && !gateway::is_utf8_identifier(notification.payer_email)) {
        return "payer_email: too long, or with control characters";
    }
    if (notification.amount.minor_units < 0) {
        return "amount: below zero";
    }
    return std::nullopt;
}

/// The event type and the session's two states that report a status.
struct Shape {
    std::string_view type;
    std::string_view payment_status;
    std::string_view session_status;
};

[[nodiscard]] Shape shape_of(NotifiedStatus status) noexcept {
    switch (status) {
        case NotifiedStatus::succeeded:
            return {"checkout.session.completed", "paid", "complete"};
        case NotifiedStatus::pending:
            return {"checkout.session.completed", "unpaid", "complete"};
        case NotifiedStatus::failed:
            return {"checkout.session.async_payment_failed", "unpaid", "complete"};
        case NotifiedStatus::cancelled:
            return {"checkout.session.expired", "unpaid", "expired"};
        case NotifiedStatus::ignored:
            break;
    }
    return {"customer.created", "", ""};
}

[[nodiscard]] std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(text, out);
    return out;
}

[[nodiscard]] std::string quoted_or_null(std::string_view text) { return text.empty() ? "null" : quoted(text); }

[[nodiscard]] std::string lower(std::string_view code) {
    std::string out(code);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    return out;
}

[[nodiscard]] std::string customer_text(const TestNotification& notification) {
    return formatted(R"({{
      "id": {},
      "object": "customer",
      "email": {}
    }})",
                       quoted(notification.link_id), quoted_or_null(notification.payer_email));
}

[[nodiscard]] std::string session_text(const TestNotification& notification, const Shape& shape, bool live) {
    const std::string metadata = notification.order_id.empty() ? "{}"
                                                               : formatted("{{\n        \"order_id\": {}\n      }}",
                                                                             quoted(notification.order_id));
    return formatted(
        R"({{
      "id": {},
      "object": "checkout.session",
      "amount_subtotal": {},
      "amount_total": {},
      "client_reference_id": null,
      "currency": "{}",
      "customer_details": {{
        "email": {}
      }},
      "customer_email": null,
      "livemode": {},
      "metadata": {},
      "mode": "payment",
      "payment_intent": {},
      "payment_status": "{}",
      "status": "{}"
    }})",
        quoted(notification.link_id), notification.amount.minor_units, notification.amount.minor_units,
        lower(notification.amount.currency.code()), quoted_or_null(notification.payer_email), live, metadata,
        quoted_or_null(notification.transaction_id), shape.payment_status, shape.session_status);
}

}  // namespace

Result<TestEvent> test_event(const TestNotification& notification, std::optional<Mode> mode, TimePoint now,
                             std::string_view operation) {
    if (const auto fault = find_fault(notification)) {
        return fail(Errc::invalid_argument, operation, std::string(*fault));
    }
    const Shape shape = shape_of(notification.status);
    const bool live = mode == Mode::live;
    const std::string object = notification.status == NotifiedStatus::ignored ? customer_text(notification)
                                                                              : session_text(notification, shape, live);
    const auto created = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    return TestEvent{shape.type, formatted(R"({{
  "id": {},
  "object": "event",
  "api_version": "2025-10-29.clover",
  "created": {},
  "data": {{
    "object": {}
  }},
  "livemode": {},
  "pending_webhooks": 1,
  "request": {{
    "id": null,
    "idempotency_key": null
  }},
  "type": "{}"
}})",
                                             quoted(notification.event_id), created, object, live, shape.type)};
}

}  // namespace ticketbottle::stripe
