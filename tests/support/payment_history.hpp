#pragma once
/// \file
/// Is a database file's history one that could be? Asked after crashes, with SQL of its own.

#include "support/payment_backends.hpp"

#include <string>

namespace ticketbottle::test {

/// "" if payments, inbox and outbox of the file agree with each other, else the first sentence that does not hold.
inline std::string history_fault(const std::string& path) {
    struct Rule {
        const char* sentence;
        const char* sql;  ///< Counts what breaks it.
    };
    constexpr Rule rules[] = {
        {"a payment that is not PENDING has its event",
         R"(SELECT count(*) FROM payments p WHERE status <> 'PENDING' AND NOT EXISTS
            (SELECT 1 FROM outbox o WHERE o.aggregateId = p.id AND o.eventType = 'PAYMENT_' || p.status))"},
        {"a payment that is not PENDING has what it came from in the inbox",
         R"(SELECT count(*) FROM payments p WHERE status <> 'PENDING' AND NOT EXISTS
            (SELECT 1 FROM payment_inbox i WHERE i.paymentId = p.id AND i.outcome = 'applied'))"},
        {"an event has its payment, moved",
         R"(SELECT count(*) FROM outbox o WHERE NOT EXISTS
            (SELECT 1 FROM payments p WHERE p.id = o.aggregateId AND p.status <> 'PENDING'))"},
        {"an applied inbox entry has its payment, moved",
         R"(SELECT count(*) FROM payment_inbox i WHERE outcome = 'applied' AND NOT EXISTS
            (SELECT 1 FROM payments p WHERE p.id = i.paymentId AND p.status <> 'PENDING'))"},
        {"a payment has one event of a type",
         "SELECT count(*) FROM (SELECT 1 FROM outbox GROUP BY aggregateId, eventType HAVING count(*) > 1)"},
        {"COMPLETED has its time", "SELECT count(*) FROM payments WHERE status = 'COMPLETED' AND completedAt IS NULL"},
    };
    for (const Rule& rule : rules) {
        if (sqlite_rows(path, rule.sql).at(0).at(0) != "0") return rule.sentence;
    }
    const std::string whole = sqlite_rows(path, "PRAGMA integrity_check").at(0).at(0);
    return whole == "ok" ? "" : "the file is whole: " + whole;
}

}  // namespace ticketbottle::test
