// The PostgreSQL stores against the ports' contracts, on a real server.
#include "conformance/outbox_store.hpp"
#include "conformance/payment_store.hpp"
#include "support/payment_histories.hpp"
#include "support/postgres_backends.hpp"

using namespace ticketbottle;

using Prepared = test::PostgresPayments<false>;
using Unnamed = test::PostgresPayments<true>;
using MigratedOutbox = test::PostgresOutbox<test::Migrated::yes>;
using DeployedOutbox = test::PostgresOutbox<test::Migrated::no>;

TYPE_TO_STRING_AS("prepared", Prepared);
TYPE_TO_STRING_AS("unnamed", Unnamed);
TYPE_TO_STRING_AS("migrated", MigratedOutbox);
TYPE_TO_STRING_AS("deployed", DeployedOutbox);

TKB_PAYMENT_STORE_CONFORMANCE(Prepared, Unnamed);

namespace ticketbottle::conformance::outbox {
TKB_OUTBOX_STORE_CONFORMANCE(MigratedOutbox);
}
namespace ticketbottle::conformance::outbox {
// The deployed table has no sequence: rows of one millisecond come by id, which the case on order writes backwards. All others hold.
TEST_CASE_TEMPLATE_INVOKE(outbox_row, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_page_limits, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_lease, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_fence, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_fetch_reads, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_retry, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_backlog, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_dead, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_dead_list, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_idempotent, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_dead_stays, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_reason, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_flags, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_statistics, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_leads, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_remove, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_remove_dead, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_deadline, DeployedOutbox);
TEST_CASE_TEMPLATE_INVOKE(outbox_walk, DeployedOutbox);
}  // namespace ticketbottle::conformance::outbox

TEST_CASE("PaymentStore: memory, PostgreSQL and a model agree over random histories") { test::histories::agree<Prepared>(test::rounds(12, 60)); }

// Lists of more names than the gateways give go by a statement of their own.
TEST_CASE_TEMPLATE("PaymentStore: a lookup of many names finds the payment by the last of them, and an ambiguous one nothing", Backend, Prepared, Unnamed) {
    namespace suite = conformance::payments;
    Backend backend;
    const auto store = backend.open();
    const Payment by_transaction = suite::make_payment(1), by_order = suite::make_payment(2);
    for (const Payment& payment : {by_transaction, by_order}) REQUIRE(store->create(payment, suite::soon()).has_value());
    const auto settled = [&](const Payment& payment, const std::vector<std::string>& ids, const std::vector<std::string>& codes) {
        SettleCommand command = suite::command(suite::success(payment));
        command.lookup = {ids, codes};
        const Result<Settled> answer = store->settle(command, suite::soon());
        REQUIRE_MESSAGE(answer.has_value(), to_string(answer.error()));
        return *answer;
    };
    const std::vector<std::string> others{"nobody's", "nobody's", "\"}{"};
    auto ids = others, codes = others;
    ids.push_back(by_transaction.provider_transaction_id);
    codes.push_back(by_order.order_code);
    CHECK(settled(by_order, {ids[3], by_order.provider_transaction_id, "nobody's"}, {}).refusal == Refusal::ambiguous_order);
    CHECK(settled(by_order, others, others).refusal == Refusal::unknown_order);
    CHECK(settled(by_transaction, ids, codes).payment_id == by_transaction.id);
    CHECK(settled(by_order, others, codes).payment_id == by_order.id);
    CHECK(suite::stored(*store, by_transaction).status == PaymentStatus::completed);
    CHECK(suite::stored(*store, by_order).status == PaymentStatus::completed);
}
