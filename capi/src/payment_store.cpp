#include "payment_store.hpp"

#include "settlement.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_payment_store_vtable empty_vtable = TKB_PAYMENT_STORE_VTABLE_INIT;
constexpr std::uint32_t page_rows_max = 1000;
constexpr std::uint32_t remove_rows_max = 10'000;

Result<void> check_rows(std::uint32_t rows, std::uint32_t rows_max, std::string_view operation) {
    if (rows >= 1 && rows <= rows_max) return {};
    return fail(Errc::invalid_argument, operation, "rows_max: 1.." + std::to_string(rows_max));
}

}  // namespace

Result<tkb_payment_store_vtable> to_vtable(const tkb_payment_store_vtable* given, std::string_view operation) {
    auto table = read_vtable(given, empty_vtable, operation);
    if (!table.has_value()) return table;
    TKB_TRY(require_function(table->create, operation, "create"));
    TKB_TRY(require_function(table->find, operation, "find"));
    TKB_TRY(require_function(table->settle, operation, "settle"));
    TKB_TRY(require_function(table->pending, operation, "pending"));
    TKB_TRY(require_function(table->raised, operation, "raised"));
    TKB_TRY(require_function(table->counts, operation, "counts"));
    TKB_TRY(require_function(table->remove_inbox, operation, "remove_inbox"));
    return table;
}

Result<Payment> CallbackPaymentStore::create(const Payment& payment, Deadline deadline) {
    constexpr std::string_view operation = "host.payment.create";
    TKB_TRY(payment::check_new_payment(payment));
    const tkb_payment wanted = to_view(payment);
    tkb_payment_list stored{1, {}};
    TKB_TRY(host_.call(operation, deadline, host_.table().create, &wanted, &stored));
    if (stored.payments.empty()) return fail(Errc::internal, operation, "the host's store gave no row back");
    return std::move(stored.payments.front());
}

Result<std::optional<Payment>> CallbackPaymentStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    tkb_payment_list found{1, {}};
    TKB_TRY(host_.call("host.payment.find", deadline, host_.table().find, static_cast<tkb_payment_key>(key), bytes(value), &found));
    if (found.payments.empty()) return std::optional<Payment>();
    return std::optional(std::move(found.payments.front()));
}

Result<Settled> CallbackPaymentStore::settle(const SettleCommand& command, Deadline deadline) {
    constexpr std::string_view operation = "host.payment.settle";
    const std::vector<tkb_bytes> transaction_ids = views(command.lookup.provider_transaction_ids);
    const std::vector<tkb_bytes> order_codes = views(command.lookup.order_codes);
    const tkb_settle_lookup lookup{static_cast<std::uint32_t>(sizeof(tkb_settle_lookup)),
                                   static_cast<tkb_gateway>(payment::inbox_gateway(command.notification.gateway)),
                                   bytes(command.notification.dedup_key),
                                   transaction_ids.data(),
                                   transaction_ids.size(),
                                   order_codes.data(),
                                   order_codes.size()};
    tkb_settlement settlement(command);
    TKB_TRY(host_.call(operation, deadline, host_.table().settle, &lookup, &settlement));
    if (!settlement.decision) return fail(Errc::internal, operation, "the host's store did not ask for a decision");
    return std::move(settlement.decision->settled);
}

Result<std::vector<Payment>> CallbackPaymentStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.payment.pending";
    TKB_TRY(check_rows(rows_max, page_rows_max, operation));
    tkb_payment_list found{rows_max, {}};
    TKB_TRY(host_.call(operation, deadline, host_.table().pending, milliseconds_of(created_before), rows_max, &found));
    return std::move(found.payments);
}

Result<std::vector<InboxEntry>> CallbackPaymentStore::raised(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.payment.raised";
    TKB_TRY(check_rows(rows_max, page_rows_max, operation));
    tkb_inbox_list found{rows_max, {}};
    TKB_TRY(host_.call(operation, deadline, host_.table().raised, rows_max, &found));
    return std::move(found.entries);
}

Result<PaymentCounts> CallbackPaymentStore::counts(Deadline deadline) {
    tkb_payment_counts told = TKB_PAYMENT_COUNTS_INIT;
    TKB_TRY(host_.call("host.payment.counts", deadline, host_.table().counts, &told));
    return PaymentCounts{told.pending, told.completed, told.failed, told.cancelled, told.raised};
}

Result<std::uint64_t> CallbackPaymentStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.payment.remove_inbox";
    TKB_TRY(check_rows(rows_max, remove_rows_max, operation));
    std::uint64_t count = 0;
    TKB_TRY(host_.call(operation, deadline, host_.table().remove_inbox, milliseconds_of(before), rows_max, &count));
    return count;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_payment_list_add(tkb_payment_list* list, const tkb_payment* payment, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "payment_list.add";
        TKB_TRY(require(list, operation, "list"));
        auto read = to_payment(payment, operation);
        if (!read.has_value()) return read.error();
        if (list->payments.size() >= list->rows_max) return fail(Errc::invalid_argument, operation, "more payments than were asked for");
        list->payments.push_back(std::move(*read));
        return {};
    });
}

tkb_status tkb_inbox_list_add(tkb_inbox_list* list, const tkb_inbox_entry* entry, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "inbox_list.add";
        TKB_TRY(require(list, operation, "list"));
        auto read = to_inbox_entry(entry, operation);
        if (!read.has_value()) return read.error();
        if (list->entries.size() >= list->rows_max) return fail(Errc::invalid_argument, operation, "more entries than were asked for");
        list->entries.push_back(std::move(*read));
        return {};
    });
}

uint32_t tkb_is_same_payment(const tkb_payment* stored, const tkb_payment* wanted) {
    bool same = false;
    (void)guard(nullptr, [&]() -> Result<void> {
        const auto first = to_payment(stored, "payment.is_same");
        const auto second = to_payment(wanted, "payment.is_same");
        same = first.has_value() && second.has_value() && payment::is_same_request(*first, *second);
        return {};
    });
    return same ? 1 : 0;
}

tkb_status tkb_payment_store_create(const tkb_payment_store_vtable* vtable, void* user_data, tkb_payment_store** store_out,
                                    tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "payment_store.create";
        TKB_TRY(require(store_out, operation, "store_out"));
        *store_out = nullptr;
        const auto table = to_vtable(vtable, operation);
        if (!table.has_value()) return table.error();
        make_handle<CallbackPaymentStore>(*table, user_data, store_out);
        return {};
    });
}
void tkb_payment_store_destroy(tkb_payment_store* store) { delete store; }
