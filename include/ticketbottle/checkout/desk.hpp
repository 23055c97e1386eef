#pragma once
/// \file
/// Where checkout keeps its orders: a reservation is made, gets a checkout session, or is let go; a paid order is checked in.

#include <ticketbottle/checkout/pricing.hpp>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::checkout {

enum class EventId : std::int64_t {};
enum class TicketId : std::int64_t {};
enum class OrderId : std::int64_t {};

/// What a buyer wants. The handler has checked each member's shape.
struct Wanted {
    EventId event{};
    TicketId ticket{};
    std::uint32_t quantity = 1;  ///< 1 .. order_quantity_max.
    std::string email;           ///< Personal: never logged.
    std::string code;            ///< Of a discount, in upper case; "": none.
    std::string cognito_sub;     ///< Of a buyer whom the host has authenticated; "": nobody is known, NULL is written.
    /// Pending orders younger than this, by the store's clock, hold their tickets and their code's use: above 0.
    std::chrono::seconds reserved_for{0};
};

/// Refused, with nothing written; or an order that is pending now.
struct Reserved {
    NoSale no_sale = NoSale::none;
    std::int64_t tickets_left = 0;  ///< With not_enough: how many could be had.
    OrderId order{};
    Price price;
    Currency currency;
    std::string ticket_name;
    std::string event_name;
};

/// What became of an order that was to be let go.
enum class Release : std::uint8_t {
    released,  ///< It was pending and is failed: its reservation has ended.
    paid,      ///< It is paid: nothing was done.
    closed,    ///< It was closed already, in whatever way, or is not there.
};

struct CheckIn {
    enum class What : std::uint8_t {
        done,      ///< Checked in now; `at` is `now`.
        already,   ///< Was before, at `at`.
        not_paid,  ///< An order that is not (or no longer) paid.
        unknown,   ///< No such order.
    };
    What what = What::unknown;
    std::optional<TimePoint> at;
};

/// Backends: mariadb (mariadb/checkout.hpp). Threads: one call at a time per object; objects (and processes) on one database are
/// independent. Lifetimes: arguments are read during the call only; returned values own their bytes.
/// Errors of every call: unavailable (not done), cancelled (deadline; not done), outcome_unknown (perhaps done), malformed (a
/// row that cannot be read: named, without its values), unsupported (tables, columns or rights are missing), internal. A
/// backend never retries by itself.
class Desk {
public:
    virtual ~Desk() = default;
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    /// In one transaction: looks at ticket, event, discounts and code as they stand, counts what is sold, used and
    /// reserved, and inserts the pending order. Of any number of buyers at once no two get the last ticket, nor the last
    /// use of a code. Not idempotent: after outcome_unknown there may be a pending order, which ends by its age.
    [[nodiscard]] virtual Result<Reserved> reserve(const Wanted& wanted, Deadline deadline) = 0;

    /// Writes the checkout session into a pending order. Idempotent. Errors also: conflict (the order is no longer pending).
    [[nodiscard]] virtual Result<void> attach_session(OrderId order, std::string_view session_id, Deadline deadline) = 0;

    /// Ends the reservation of a pending order: it is failed. Idempotent.
    [[nodiscard]] virtual Result<Release> release(OrderId order, Deadline deadline) = 0;

    /// Marks a paid order of that event, once: of several at once exactly one is `done`. After outcome_unknown `already`
    /// may be one's own.
    [[nodiscard]] virtual Result<CheckIn> check_in(EventId event, OrderId order, TimePoint now, Deadline deadline) = 0;

protected:
    Desk() = default;
};

}  // namespace ticketbottle::checkout
