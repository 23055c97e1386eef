// The MariaDB stores against the ports' contracts, on a real server.
#include "conformance/outbox_store.hpp"
#include "conformance/payment_store.hpp"
#include "support/mariadb_backends.hpp"
#include "support/mariadb_orders.hpp"

using namespace ticketbottle;

using Queue = test::MariadbOutbox;
using Orders = test::MariadbOrders;

TYPE_TO_STRING_AS("queue", Queue);
TYPE_TO_STRING_AS("orders", Orders);

TKB_PAYMENT_STORE_SETTLE_CONFORMANCE(Orders);

namespace ticketbottle::conformance::outbox {
TKB_OUTBOX_STORE_CONFORMANCE(Queue);
}
