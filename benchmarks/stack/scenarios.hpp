#pragma once
/// \file
/// What benchmark_stack measures. Each scenario starts its servers, prints its table on standard output and what goes on meanwhile on
/// standard error. Throws std::runtime_error when something does not run.

#include <cstddef>

namespace ticketbottle::benchmarks {

struct Size {
    int rounds = 3;       ///< Peer and ours in turn, so often.
    double scale = 1;     ///< Of all counts; below 1 for a quick look.
    std::size_t clients = 0;  ///< Of `callbacks`: only so many of 1, 8 and 64; 0: all.
};

/// Signed callbacks over HTTP to `ticketbottle serve`, committed in PostgreSQL, beside pgbench writing the same rows.
void callbacks(const Size& size);
/// `ticketbottle relay` from a full outbox to Kafka, beside a bare loop in C.
void drain(const Size& size);
/// From the return of COMMIT to the arrival at a consumer, 200 events a second, beside the same loop polling every 10 ms.
void delay(const Size& size);

}  // namespace ticketbottle::benchmarks
