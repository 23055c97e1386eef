#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>

namespace ticketbottle::reconcile {

namespace {

constexpr std::string_view operation = "reconcile.ask";

std::string new_request_id() {
    std::string id = random_uuid();
    std::erase(id, '-');
    return id;
}

}  // namespace

Result<Asked> ask(const Payment& payment, const Gateways& gateways, const HttpExchange& exchange, TimePoint now,
                  Deadline deadline, std::string_view ip_address) {
    const auto question = question_for(payment, gateways);
    if (!question.has_value())
        return fail(Errc::unsupported, operation,
                    "the payment cannot be asked for: " + std::string(to_string(question.error())));
    Asked asked;
    asked.gateway = question->gateway;
    for (QueryTarget target : question->targets) {
        target.request_id = new_request_id();
        target.ip_address = ip_address;
        const auto request = query(gateways, question->gateway, target, now);
        if (!request.has_value()) return request.error();
        auto answer = exchange(*request, deadline);
        if (!answer.has_value()) return answer.error();
        asked.name = target.link_id.empty() ? target.order_id : target.link_id;
        asked.answer = std::move(*answer);
        asked.reading = read(payment, question->gateway, target, gateways, asked.answer);
        if (asked.reading.what != Answered::open) break;
    }
    return asked;
}

}  // namespace ticketbottle::reconcile
