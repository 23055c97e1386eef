#include "postgres/settlement.hpp"

#include "payment/stored_names.hpp"
#include "postgres/payment_rows.hpp"

#include <ticketbottle/payment/rules.hpp>

#include <algorithm>

namespace ticketbottle::postgres {
namespace {

void keep_storable(std::vector<std::string>& names) {
    std::erase_if(names, [](const std::string& name) { return clean_text(name) != name; });
}

bool has_few_names(const PaymentLookup& lookup) {
    return std::max(lookup.provider_transaction_ids.size(), lookup.order_codes.size()) <= names_few;
}

std::array<Statement, 2> read_statements(std::string_view schema, Names names) {
    const std::string name = names == Names::few ? "tkb_settle_read" : "";
    return {Statement{name.empty() ? name : name + "_plain", settle_read_sql(schema, false, names)},
            Statement{name, settle_read_sql(schema, true, names)}};
}

std::array<Statement, 3> write_statements(std::string_view schema, Held held) {
    const std::string name = held == Held::leave ? "tkb_settle_together" : "tkb_settle";
    return {Statement{name + "_plain", settle_write_sql(schema, Keep::nothing, held)},
            Statement{name + "_added", settle_write_sql(schema, Keep::added, held)},
            Statement{name + "_changed", settle_write_sql(schema, Keep::changed, held)}};
}

}  // namespace

SettleCommand storable(SettleCommand command) {
    keep_storable(command.lookup.provider_transaction_ids);
    keep_storable(command.lookup.order_codes);
    PaymentNotification& notification = command.notification;
    for (std::string* text : {&notification.dedup_key, &notification.transaction_id, &notification.charge_id, &notification.link_id})
        *text = clean_text(*text);
    return command;
}

/// What was found of one notification.
struct Settlement::Reading {
    std::vector<Payment> candidates;
    std::string version;  ///< Of the one candidate.
    std::optional<InboxEntry> same_key;
    std::string entry_version;
    std::vector<InboxEntry> of_payment;

    static Result<Reading> from(std::string_view operation, const Rows& rows, const PaymentNotification& notification) {
        Reading reading;
        for (int row = 0; row < rows.size(); ++row) {
            if (rows.flag(row, 0)) {
                Result<InboxEntry> entry = read_same_key(operation, rows, row, notification);
                if (!entry.has_value()) return entry.error();
                reading.same_key = std::move(*entry);
                reading.entry_version = rows.text(row, 10);
            } else {
                Result<Payment> payment = read_candidate(operation, rows, row);
                if (!payment.has_value()) return payment.error();
                reading.candidates.push_back(std::move(*payment));
                reading.version = rows.text(row, 10);
            }
        }
        return reading;
    }
    [[nodiscard]] payment::Found found() const { return {candidates, same_key ? &*same_key : nullptr, of_payment}; }
};

Settlement::Settlement(Pool::Impl& pool, Held held)
    : pool_(pool),
      read_(read_statements(pool.target.schema, Names::few)),
      read_any_(read_statements(pool.target.schema, Names::any)),
      charges_{"tkb_settle_charges", settle_charges_sql(pool.target.schema)},
      write_(write_statements(pool.target.schema, held)) {}

Query Settlement::read_query(const Wanted& wanted) const {
    const SettleCommand& command = *wanted.command;
    const bool few = has_few_names(command.lookup);
    Query query{&(few ? read_ : read_any_)[wanted.inbox],
                {array_text(command.lookup.provider_transaction_ids), array_text(command.lookup.order_codes)},
                !few};
    if (wanted.inbox) {
        query.parameters.emplace_back(std::string(to_string(payment::inbox_gateway(command.notification.gateway))));
        query.parameters.emplace_back(command.notification.dedup_key);
    }
    return query;
}

/// Read later than the payment: if it changed in between, so did its version, and what is decided to be written is not.
Result<void> Settlement::read_charges(std::string_view operation, std::span<const Wanted> wanted, std::span<Result<Reading>> readings,
                                      Deadline deadline) const {
    std::vector<Query> queries;
    std::vector<Reading*> read;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (!wanted[i].inbox || !readings[i].has_value()) continue;
        if (!payment::needs_charges(wanted[i].command->notification, readings[i]->candidates)) continue;
        read.push_back(&*readings[i]);
        queries.push_back({&charges_, {read.back()->candidates.front().id}});
    }
    if (queries.empty()) return {};
    const auto answers = pool_.run(operation, queries, Effect::reads, deadline);
    if (!answers.has_value()) return answers.error();
    for (std::size_t i = 0; i < read.size(); ++i) {
        const Rows& rows = (*answers)[i];
        for (int row = 0; row < rows.size(); ++row) {
            Result<InboxEntry> entry = read_inbox_entry(operation, rows, row);
            if (!entry.has_value()) return entry.error();
            read[i]->of_payment.push_back(std::move(*entry));
        }
    }
    return {};
}

Query Settlement::write_query(const Wanted& wanted, const Reading& reading, const payment::Decision& decision) const {
    const auto& [settled, update, entry, event] = decision;
    Query query;
    query.parameters = {settled.payment_id, reading.version, update ? Parameter(std::string(to_string(update->status))) : Parameter(),
                        timestamp_text(wanted.command->now)};
    if (event) {
        for (const std::string* text : {&event->id, &event->event_type, &event->payload}) query.parameters.emplace_back(*text);
        query.parameters.emplace_back(timestamp_text(event->created_at));
    } else {
        query.parameters.resize(query.parameters.size() + 4);
    }
    Keep keep = Keep::nothing;
    if (wanted.inbox && entry) {
        keep = reading.same_key ? Keep::changed : Keep::added;
        query.parameters.emplace_back(std::string(to_string(entry->gateway)));
        for (const std::string* text : {&entry->dedup_key, &entry->transaction_id, &entry->charge_id}) query.parameters.emplace_back(*text);
        query.parameters.emplace_back(std::string(to_string(entry->status)));
        query.parameters.emplace_back(std::to_string(entry->amount.minor_units));
        for (const std::string_view text : {entry->amount.currency.code(), to_string(entry->outcome), to_string(entry->refusal)})
            query.parameters.emplace_back(std::string(text));
        query.parameters.push_back(event && !event->traceparent.empty() ? Parameter(event->traceparent) : Parameter());
        if (reading.same_key) query.parameters.emplace_back(reading.entry_version);
    }
    query.statement = &write_[static_cast<std::size_t>(keep)];
    return query;
}

/// What each notification comes to. What is to be written for it goes to `queries`, and whose it is to `owners`.
std::vector<Settlement::End> Settlement::decide(std::span<const Wanted> wanted, std::span<const Result<Reading>> readings,
                                                std::vector<Query>& queries, std::vector<std::size_t>& owners) const {
    std::vector<End> ends;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!readings[i].has_value()) {
            ends.emplace_back(readings[i].error());
            continue;
        }
        Result<payment::Decision> decision = payment::decide(*wanted[i].command, readings[i]->found());
        if (!decision.has_value()) {
            ends.emplace_back(decision.error());
            continue;
        }
        // Before the migration nothing is kept but the payment's own state.
        if (decision->update || (decision->inbox && wanted[i].inbox)) {
            queries.push_back(write_query(wanted[i], *readings[i], *decision));
            owners.push_back(i);
        }
        ends.emplace_back(std::optional(std::move(decision->settled)));
    }
    return ends;
}

Result<std::vector<Settlement::End>> Settlement::run(std::string_view operation, std::span<const Wanted> wanted, Deadline deadline) const {
    std::vector<Query> queries;
    for (const Wanted& one : wanted) queries.push_back(read_query(one));
    const auto found = pool_.run(operation, queries, Effect::reads, deadline);
    if (!found.has_value()) return found.error();
    std::vector<Result<Reading>> readings;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        readings.push_back(Reading::from(operation, (*found)[i], wanted[i].command->notification));
    if (auto read = read_charges(operation, wanted, readings, deadline); !read.has_value()) return read.error();

    queries.clear();
    std::vector<std::size_t> owners;
    std::vector<End> ends = decide(wanted, readings, queries, owners);
    if (queries.empty()) return ends;
    const auto written = pool_.run(operation, queries, Effect::writes, deadline);
    if (!written.has_value()) return written.error();
    for (std::size_t i = 0; i < owners.size(); ++i) {
        const Rows& rows = (*written)[i];
        End& end = ends[owners[i]];
        if (rows.size() == 0) {
            end = std::optional<Settled>();
        } else if (rows.is_null(0, 0)) {
            (*end)->outbox_id.clear();  // the event had been told
        }
    }
    return ends;
}

}  // namespace ticketbottle::postgres
