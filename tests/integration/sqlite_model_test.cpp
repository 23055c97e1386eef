#include "support/payment_histories.hpp"

TEST_CASE("PaymentStore: memory, SQLite and a model agree over random histories") {
    ticketbottle::test::histories::agree<ticketbottle::test::SqlitePayments>(ticketbottle::test::rounds(12, 120));
}
