#include <ticketbottle/gateway/stripe_checkout.hpp>

#include "gateway/form.hpp"
#include "gateway/stripe/checkout_session_check.hpp"
#include "gateway/stripe/session_id.hpp"

namespace ticketbottle::stripe {

namespace {

constexpr std::string_view sessions_path = "/v1/checkout/sessions";

/// Stripe's form: a nested member is a name with brackets. Names are ours and stay as they are; of a value every byte
/// that is not plain is escaped, so that none can end it and begin a parameter of its own.
class Form {
public:
    void text(std::string_view name, std::string_view value) {
        if (!body_.empty()) body_ += '&';
        body_.append(name).append("=");
        gateway::append_form_encoded(value, body_);
    }
    void optional_text(std::string_view name, std::string_view value) {
        if (!value.empty()) text(name, value);  // an empty value would ask Stripe to unset it
    }
    void integer(std::string_view name, std::int64_t value) { text(name, std::to_string(value)); }
    [[nodiscard]] std::string take() && { return std::move(body_); }

private:
    std::string body_;
};

[[nodiscard]] std::string lower_case(std::string_view code) {
    std::string lower(code);
    for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

[[nodiscard]] std::string body_of(const CheckoutSessionRequest& request) {
    Form form;
    form.text("mode", "payment");
    form.text("payment_method_types[0]", "card");
    form.text("adaptive_pricing[enabled]", "false");
    form.text("client_reference_id", request.order_id);
    form.optional_text("customer_email", request.customer_email);
    form.text("success_url", request.success_url);
    form.optional_text("cancel_url", request.cancel_url);
    form.integer("expires_at", std::chrono::floor<std::chrono::seconds>(request.expires_at).time_since_epoch().count());
    form.text("line_items[0][price_data][currency]", lower_case(request.currency.code()));
    form.integer("line_items[0][price_data][unit_amount]", request.unit_amount);
    form.text("line_items[0][price_data][product_data][name]", request.product_name);
    form.optional_text("line_items[0][price_data][product_data][description]", request.product_description);
    form.integer("line_items[0][quantity]", request.quantity);
    form.text("metadata[order_id]", request.order_id);
    form.optional_text("metadata[event_id]", request.event_id);
    form.optional_text("metadata[ticket_id]", request.ticket_id);
    // A session's metadata is not copied to its intent, whose events would name no order. Where nothing is to be paid
    // there is no intent.
    if (request.unit_amount > 0) form.text("payment_intent_data[metadata][order_id]", request.order_id);
    return std::move(form).take();
}

[[nodiscard]] OutgoingRequest to_stripe(std::string_view method, const Config& config, std::string_view path) {
    OutgoingRequest request;
    request.method = method;
    request.url.append(config.api_base).append(path);
    request.headers = {{"Accept", "application/json"}, {"Stripe-Version", std::string(api_version)}};
    std::string authorization = "Bearer ";
    authorization.append(config.api_key.expose());
    request.headers.push_back({"Authorization", std::move(authorization)});
    return request;
}

[[nodiscard]] OutgoingRequest posted(const Config& config, std::string_view path, std::string_view idempotency_key,
                                     std::string body) {
    OutgoingRequest request = to_stripe("POST", config, path);
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.headers.push_back({"Idempotency-Key", std::string(idempotency_key)});
    request.body = std::move(body);
    return request;
}

[[nodiscard]] std::string path_of(std::string_view session_id, std::string_view after = {}) {
    std::string path(sessions_path);
    path.append("/").append(session_id).append(after);
    return path;
}

[[nodiscard]] std::optional<Error> find_id_fault(std::string_view session_id, std::string_view operation) {
    if (is_session_id(session_id)) return std::nullopt;
    return fail(Errc::invalid_argument, operation, "session_id: not the id of a checkout session");
}

}  // namespace

Result<OutgoingRequest> create_checkout_session(const CheckoutSessionRequest& request, const Config& config,
                                                TimePoint now) {
    if (auto found = find_fault(request, config, now)) return *found;
    return posted(config, sessions_path, request.idempotency_key, body_of(request));
}

Result<OutgoingRequest> expire_checkout_session(std::string_view session_id, std::string_view idempotency_key,
                                                const Config& config) {
    constexpr std::string_view operation = "stripe.expire_checkout_session";
    if (auto found = find_fault(config, operation)) return *found;
    if (auto found = find_id_fault(session_id, operation)) return *found;
    if (auto found = find_key_fault(idempotency_key, operation)) return *found;
    return posted(config, path_of(session_id, "/expire"), idempotency_key, {});
}

Result<OutgoingRequest> retrieve_checkout_session(std::string_view session_id, const Config& config) {
    constexpr std::string_view operation = "stripe.retrieve_checkout_session";
    if (auto found = find_fault(config, operation)) return *found;
    if (auto found = find_id_fault(session_id, operation)) return *found;
    return to_stripe("GET", config, path_of(session_id));
}

}  // namespace ticketbottle::stripe
