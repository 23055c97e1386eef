#pragma once
/// \file
/// Makes the syncs of this program fail: its own fsync and fdatasync stand in for the system's.

namespace ticketbottle::test {

/// While it lives, every fdatasync and fsync but the first `after` fails with `error`.
class FailingSync {
public:
    explicit FailingSync(int error, int after = 0);
    ~FailingSync();
    FailingSync(const FailingSync&) = delete;
    FailingSync& operator=(const FailingSync&) = delete;
};

/// Syncs since the program began.
[[nodiscard]] int sync_count();

}  // namespace ticketbottle::test
