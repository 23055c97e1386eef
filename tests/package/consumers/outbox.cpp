#include <ticketbottle/outbox/statement.hpp>

int main() {
    ticketbottle::outbox::Event event;
    event.aggregate_id = "payment-1";
    event.event_type = "PAYMENT_COMPLETED";
    event.payload = "{}";
    event.created_at = ticketbottle::TimePoint(std::chrono::seconds(1763712000));
    const auto statement = ticketbottle::outbox::insert_statement(event, ticketbottle::outbox::Dialect::postgresql);
    return statement.has_value() && !statement->text.empty() ? 0 : 1;
}
