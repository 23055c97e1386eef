#pragma once
/// \file
/// A payment as the program finds it by name, and prints it.

#include <optional>
#include <string>
#include <ticketbottle/ports/payment_store.hpp>

namespace program {

/// By order code, id or the gateway's name for it, whichever fits first.
[[nodiscard]] ticketbottle::Result<std::optional<ticketbottle::Payment>> find_payment(ticketbottle::PaymentStore& store,
                                                                                     const std::string& name);

/// One line of JSON. Without metadata: it names people.
[[nodiscard]] std::string payment_json(const ticketbottle::Payment& payment);
/// "TB-DEMO-..  PENDING  250.000 ₫  vnpay  2025-..": for a list.
[[nodiscard]] std::string payment_line(const ticketbottle::Payment& payment);

}  // namespace program
