#pragma once
/// \file
/// What the demo does and what must come of it: orders, the callbacks sent for each, the reply each callback must get.

#include <optional>
#include <string>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/host/settings.hpp>
#include <ticketbottle/ports/payment_store.hpp>
#include <vector>

namespace program {

enum class Signature { genuine, forged };

struct DemoCallback {
    std::string what;  ///< "forged", "paid", "paid, again", ...
    ticketbottle::TestNotification notification;
    Signature signature = Signature::genuine;
    ticketbottle::Situation situation;  ///< Decides the reply that must come.
    /// Copies sent at the same moment over as many connections. One must be answered as `situation`, the others as
    /// duplicates.
    int copies = 1;
    std::string_view becomes = {};  ///< What a reply does not tell: "ignored", "held" (for a person). "": as `situation`.
    std::optional<ticketbottle::Gateway> entry = std::nullopt;  ///< By which it comes; nullopt: the order's gateway.
    bool delayed = false;  ///< A success by EventBridge that came after the session: checkout.session.async_payment_succeeded.
};

/// What the shop sold, for --stack cachao.
struct DemoSale {
    int ticket = 1;
    int quantity = 1;
    std::int64_t cents = 0;
    bool discounted = false;  ///< By demo_discount_code.
    std::string email;
};
inline constexpr int demo_scarce_ticket = 2;
inline constexpr int demo_discount_code = 1;

struct DemoOrder {
    ticketbottle::Gateway gateway;
    std::string order_code;
    std::string story;                             ///< What happens to it, for the table.
    std::optional<ticketbottle::Payment> payment;  ///< nullopt: no such order exists.
    std::vector<DemoCallback> callbacks;
    ticketbottle::PaymentStatus status = ticketbottle::PaymentStatus::pending;  ///< In the end.
    std::optional<ticketbottle::EventType> event;                               ///< The one event; nullopt: none.
    std::optional<DemoSale> sale = std::nullopt;
    std::vector<std::string> alerts = {};  ///< Types of the events for a person, beside `event`.
    std::uint64_t raised = 0;              ///< Inbox entries of it that must call for a person in the end.
    std::vector<std::string> ticket_ids;  ///< Drawn and mailed when it is completed.
};

/// Settings with fake keys, random each time, for every gateway. Listens on a free port.
[[nodiscard]] ticketbottle::host::Environment demo_environment(const std::string& data_folder);
/// The same as shell text, to source: a server on port 8080 in the same folder.
[[nodiscard]] std::string demo_environment_file(const ticketbottle::host::Environment& environment);

[[nodiscard]] ticketbottle::Result<std::vector<DemoOrder>> make_demo_plan(ticketbottle::TimePoint now);
/// Of --stack cachao.
[[nodiscard]] std::vector<DemoOrder> make_cachao_plan();
/// Inbox entries that must call for a person in the end.
[[nodiscard]] std::uint64_t raised_expected(const std::vector<DemoOrder>& plan) noexcept;

}  // namespace program
