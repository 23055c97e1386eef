#pragma once
/// \file
/// Stripe's checkout sessions on loopback over TLS, with the manners that matter to a client: sessions are kept by
/// idempotency key and given again, the same key with other parameters is refused, only an open session can be expired.
/// A test may twist any answer.

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "support/form_fields.hpp"
#include "support/imposter_gateway.hpp"

namespace ticketbottle::test {

class ImposterStripe {
public:
    static constexpr const char* key = "sk_test_EXAMPLE_imposter";

    /// The honest answer, to be sent as it is, changed, or not at all.
    using Twist = std::function<ImposterReply(const std::string& honest)>;
    enum class Work : std::uint8_t {
        done,      ///< The request has its effect, whatever is answered.
        left_out,  ///< It never reaches Stripe's own code: nothing is kept.
    };

    explicit ImposterStripe(const std::string& ca_file)
        : gateway_("DNS:localhost", ca_file, [this](const ImposterRequest& request) { return serve(request); }) {}

    [[nodiscard]] std::string url() const { return gateway_.url(); }
    [[nodiscard]] std::vector<ImposterRequest> requests() const { return gateway_.requests(); }
    [[nodiscard]] static std::string header(const ImposterRequest& request, const std::string& name) {
        const std::string mark = "\r\n" + name + ": ";
        const auto at = request.headers.find(mark);
        if (at == std::string::npos) return {};
        const auto from = at + mark.size();
        return request.headers.substr(from, request.headers.find("\r\n", from) - from);
    }

    /// Of the next request nobody has twisted yet.
    void twist(Twist twist, Work work = Work::done) {
        const std::scoped_lock lock(mutex_);
        twists_.emplace_back(std::move(twist), work);
    }
    [[nodiscard]] std::size_t sessions() const {
        const std::scoped_lock lock(mutex_);
        return sessions_.size();
    }
    [[nodiscard]] std::string status_of(const std::string& id) const {
        const std::scoped_lock lock(mutex_);
        const auto found = sessions_.find(id);
        return found == sessions_.end() ? "" : found->second.status;
    }
    /// The customer has paid.
    void complete(const std::string& id) {
        const std::scoped_lock lock(mutex_);
        sessions_.at(id).status = "complete";
    }

    [[nodiscard]] static std::string refusal(int status, const std::string& type, const std::string& more = {}) {
        return http_answer(
            status, R"({"error":{"type":")" + type + R"(","message":"Not for logs: payer@example.com")" + more + "}}");
    }

private:
    struct Session {
        std::string id;
        std::map<std::string, std::string> fields;
        std::string status = "open";
    };
    struct Kept {
        std::string line;
        std::string body;
        std::string answer;
    };

    ImposterReply serve(const ImposterRequest& request) {
        std::optional<std::pair<Twist, Work>> twisted;
        std::string honest;
        {
            const std::scoped_lock lock(mutex_);
            if (!twists_.empty()) {
                twisted = std::move(twists_.front());
                twists_.pop_front();
            }
            if (!twisted || twisted->second == Work::done) honest = answer(request);
        }
        return twisted ? twisted->first(honest) : ImposterReply{honest};
    }

    std::string answer(const ImposterRequest& request) {
        if (header(request, "Authorization") != std::string("Bearer ") + key)
            return refusal(401, "invalid_request_error");
        if (header(request, "Stripe-Version") != "2024-11-20.acacia")
            return refusal(400, "invalid_request_error", R"(,"param":"Stripe-Version")");
        const std::string idempotency_key = header(request, "Idempotency-Key");
        const auto kept = kept_.find(idempotency_key);
        if (!idempotency_key.empty() && kept != kept_.end()) {
            const bool same = kept->second.line == request.line && kept->second.body == request.body;
            return same ? kept->second.answer : refusal(400, "idempotency_error");
        }
        const std::string made = work(request);
        if (!idempotency_key.empty()) kept_[idempotency_key] = {request.line, request.body, made};
        return made;
    }

    std::string work(const ImposterRequest& request) {
        const std::string all = "/v1/checkout/sessions";
        if (request.line == "POST " + all + " HTTP/1.1") return create(request);
        const bool expiring = request.line.starts_with("POST ");
        const auto from = request.line.find(all + "/");
        if (from == std::string::npos) return refusal(404, "invalid_request_error");
        const std::string rest = request.line.substr(from + all.size() + 1);
        const std::string id = rest.substr(0, rest.find_first_of("/ "));
        const auto found = sessions_.find(id);
        if (found == sessions_.end())
            return refusal(404, "invalid_request_error", R"(,"code":"resource_missing","param":"session")");
        if (!expiring) return http_answer(200, object(found->second));
        if (found->second.status != "open") return refusal(400, "invalid_request_error");
        found->second.status = "expired";
        return http_answer(200, object(found->second));
    }

    std::string create(const ImposterRequest& request) {
        if (header(request, "Content-Type") != "application/x-www-form-urlencoded")
            return refusal(400, "invalid_request_error");
        Session session;
        session.id = "cs_test_a1EXAMPLE" + std::to_string(sessions_.size());
        session.fields = form_fields(request.body);
        for (const char* needed :
             {"mode", "success_url", "line_items[0][quantity]", "line_items[0][price_data][currency]",
              "line_items[0][price_data][unit_amount]", "line_items[0][price_data][product_data][name]"}) {
            if (!session.fields.contains(needed))
                return refusal(400, "invalid_request_error",
                               R"(,"code":"parameter_missing","param":")" + std::string(needed) + '"');
        }
        if (session.fields["customer_email"].find('@') == std::string::npos &&
            !session.fields["customer_email"].empty())
            return refusal(400, "invalid_request_error", R"(,"code":"email_invalid","param":"customer_email")");
        return http_answer(200, object(sessions_[session.id] = session));
    }

    static std::string object(const Session& session) {
        const auto field = [&](const std::string& name) {
            const auto found = session.fields.find(name);
            return found == session.fields.end() ? std::string() : found->second;
        };
        const std::int64_t total =
            std::stoll(field("line_items[0][price_data][unit_amount]")) * std::stoll(field("line_items[0][quantity]"));
        const bool open = session.status == "open";
        std::string metadata;
        json::ObjectWriter entries(metadata);
        for (const char* name : {"order_id", "event_id", "ticket_id"})
            entries.string(name, field("metadata[" + std::string(name) + "]"));
        entries.finish();
        std::string out;
        json::ObjectWriter members(out);
        members.string("id", session.id);
        members.string("object", "checkout.session");
        members.integer("amount_subtotal", total);
        members.integer("amount_total", total);
        members.raw("cancel_url", "null");
        members.string("client_reference_id", field("client_reference_id"));
        members.integer("created", 1'763'712'000);
        members.string("currency", field("line_items[0][price_data][currency]"));
        members.raw("customer_details", "null");
        members.integer("expires_at", std::stoll(field("expires_at")));
        members.boolean("livemode", false);
        members.raw("metadata", metadata);
        members.string("mode", field("mode"));
        members.raw("payment_method_types", R"(["card"])");
        members.string("payment_status", session.status == "complete" ? "paid" : "unpaid");
        members.string("status", session.status);
        members.raw("url", open ? "\"https://checkout.stripe.com/c/pay/" + session.id + "\"" : "null");
        members.finish();
        return out;
    }

    mutable std::mutex mutex_;
    std::deque<std::pair<Twist, Work>> twists_;
    std::map<std::string, Session> sessions_;
    std::map<std::string, Kept> kept_;
    ImposterGateway gateway_;  // last: its thread uses everything above
};

}  // namespace ticketbottle::test
