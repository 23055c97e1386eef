#include "payment/names.hpp"

#include "core/format.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::payment {
namespace {

constexpr std::string_view operation = "payment.create";

Error refuse(std::string_view field, std::string_view why) {
    return fail(Errc::invalid_argument, operation, formatted("{}: {}", field, why));
}

Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) return refuse(field, formatted("longer than {} bytes", bytes_max));
    if (!utf8::valid(text)) return refuse(field, "not UTF-8");
    if (text.find('\0') != std::string_view::npos) return refuse(field, "holds a NUL");
    return {};
}

Result<void> check_name(std::string_view field, std::string_view text) {
    if (text.empty()) return refuse(field, "empty");
    return check_text(field, text, payment_id_bytes_max);
}

Result<void> check_metadata(const std::string& metadata) {
    if (metadata.empty()) return {};
    if (Result<void> text = check_text("metadata", metadata, payment_metadata_bytes_max); !text.has_value()) return text;
    const auto parsed = json::parse(metadata, {.bytes_max = payment_metadata_bytes_max, .depth_max = 60});
    if (!parsed.has_value()) return refuse("metadata", parsed.error().text);
    if (!parsed->root().is(json::Kind::object)) return refuse("metadata", "not a JSON object");
    return {};
}

}  // namespace

Result<void> check_new_payment(const Payment& payment) {
    struct Field {
        std::string_view name;
        const std::string& text;
    };
    for (const auto& [name, text] : {Field{"id", payment.id}, Field{"order_code", payment.order_code},
                                     Field{"provider", payment.provider},
                                     Field{"provider_transaction_id", payment.provider_transaction_id},
                                     Field{"idempotency_key", payment.idempotency_key}}) {
        if (Result<void> checked = check_name(name, text); !checked.has_value()) return checked;
    }
    for (const auto& [name, text] : {Field{"redirect_url", payment.redirect_url}, Field{"payment_url", payment.payment_url}}) {
        if (Result<void> checked = check_text(name, text, payment_url_bytes_max); !checked.has_value()) return checked;
    }
    if (payment.amount.minor_units <= 0) return refuse("amount", "not above zero");
    if (payment.amount.currency == Currency()) return refuse("amount", "no currency");
    if (payment.status != PaymentStatus::pending || payment.completed_at || payment.failed_at || payment.cancelled_at)
        return refuse("status", "a new payment is PENDING");
    return check_metadata(payment.metadata);
}

bool is_same_request(const Payment& stored, const Payment& wanted) {
    return stored.idempotency_key == wanted.idempotency_key && stored.order_code == wanted.order_code &&
           stored.amount == wanted.amount && folded_provider(stored.provider) == folded_provider(wanted.provider);
}

}  // namespace ticketbottle::payment
