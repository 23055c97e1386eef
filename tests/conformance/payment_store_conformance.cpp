// The payment stores of the memory and sqlite components against the port's contract.
#include "conformance/payment_store.hpp"

#include "support/payment_backends.hpp"

namespace {

using Memory = ticketbottle::test::MemoryPayments;
using Sqlite = ticketbottle::test::SqlitePayments;

}  // namespace

TYPE_TO_STRING_AS("memory", ticketbottle::test::MemoryPayments);
TYPE_TO_STRING_AS("sqlite", ticketbottle::test::SqlitePayments);

TKB_PAYMENT_STORE_CONFORMANCE(Memory, Sqlite);
