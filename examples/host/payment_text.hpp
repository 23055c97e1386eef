#pragma once
/// \file
/// A payment as the program prints it.

#include <string>
#include <ticketbottle/ports/payment_store.hpp>

namespace program {

/// One line of JSON. Without metadata: it names people.
[[nodiscard]] std::string payment_json(const ticketbottle::Payment& payment);
/// "TB-DEMO-..  PENDING  250.000 ₫  vnpay  2025-..": for a list.
[[nodiscard]] std::string payment_line(const ticketbottle::Payment& payment);

}  // namespace program
