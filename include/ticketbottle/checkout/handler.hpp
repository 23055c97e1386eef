#pragma once
/// \file
/// The shop's two endpoints, as request in and answer out:
///   POST        /events/{event}/tickets/{ticket}/checkout           reserves, and opens a page of Stripe's to pay on
///   PATCH, POST /events/{event}/ticket-orders/{order}/validate      checks a paid order in, once
/// and OPTIONS of both, for browsers. Which answer means what: docs/cachao.md, "Checkout" and "Check-in".

#include <ticketbottle/checkout/desk.hpp>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/reply.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/stripe_checkout.hpp>
#include <ticketbottle/payment/processor.hpp>
#include <ticketbottle/ports/clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::checkout {

/// Longest body of either endpoint, bytes. Ours: a genuine one has some 150.
inline constexpr std::size_t checkout_body_bytes_max = 16 * 1024;
/// Longest discount code, bytes of printable ASCII. Ours.
inline constexpr std::size_t discount_code_bytes_max = 64;
inline constexpr std::size_t origins_max = 32;

struct CheckoutOptions {
    /// The front ends that may call and that buyers come back to: 1 .. origins_max of https://host[:port] in lower case
    /// (http:// for localhost, 127.0.0.1 and [::1] only), without a path. The first one is for callers that send no Origin.
    std::vector<std::string> origins;
    std::uint32_t quantity_max = 10;  ///< Tickets of one order, 1 .. order_quantity_max.
    /// How long a buyer may take to pay, 31 min .. 23 h 59 min: Stripe's bounds, less a minute for clocks that differ.
    std::chrono::minutes session_life{35};
    /// How long after that a notification may be on its way before the tickets go to somebody else, 1 min .. 24 h.
    std::chrono::minutes reservation_grace{10};
    /// Who brings it as `Authorization: Bearer` may check in; 16 bytes or more. Empty: only callers whom the host has
    /// authenticated.
    Secret check_in_token;
    /// Each of up to two steps that take back what was begun has this long, also after the deadline or a stop: 100 ms .. 1 min.
    std::chrono::milliseconds cleanup_timeout{4000};
    ProcessorOptions processor;  ///< Of orders that cost nothing and are settled here.
};
/// Errors: invalid_argument, naming the option; never a value.
[[nodiscard]] Result<void> check(const CheckoutOptions& options);

/// The payment page. In a host: StripeClient's two calls.
struct PaymentPages {
    std::function<Result<stripe::CheckoutSession>(const stripe::CheckoutSessionRequest& request, Deadline deadline)> create;
    std::function<Result<void>(std::string_view session_id, Deadline deadline)> expire;
};

/// What the host knows of the caller, by means of its own. Nothing in a request is taken for it.
struct Caller {
    enum class CheckIn : std::uint8_t {
        with_token,  ///< Only with CheckoutOptions::check_in_token.
        granted,     ///< The host has authenticated an owner of the event.
    };
    std::string cognito_sub;  ///< Of a signed-in buyer, verified; at most 255 bytes. "": nobody is known.
    CheckIn check_in = CheckIn::with_token;
};

struct Answer {
    Reply reply;
    std::vector<Header> headers;  ///< Beside Content-Type: CORS, Allow, Retry-After, ...
};

enum class Endpoint : std::uint8_t { checkout, check_in };
/// By the path's last segments, whatever stage prefix stands before; ids are decimal, from 1, without a leading zero. nullopt:
/// neither.
[[nodiscard]] std::optional<Endpoint> endpoint_of(std::string_view path) noexcept;

/// Threads: one call at a time per object. Lifetimes: desk, store, clock and observer are borrowed and must outlive it.
class CheckoutHandler {
public:
    /// \param orders  Settles orders that cost nothing: the store that settles Stripe's callbacks.
    /// Errors: invalid_argument, as check(); a page's call that is empty.
    [[nodiscard]] static Result<std::unique_ptr<CheckoutHandler>> make(Desk& desk, PaymentStore& orders, PaymentPages pages,
                                                                       const Clock& clock, CheckoutOptions options,
                                                                       Observer& observer = Observer::none());

    /// Never throws but std::bad_alloc. Neither endpoint: 404. It may take twice cleanup_timeout longer than the deadline.
    /// What stands when it returns, whatever failed: an order and its page, both known to the buyer; or no page that
    /// anybody can pay on, and an order that is failed, or pending for as long as its reservation lasts if even that could
    /// not be written.
    /// Metrics: ticketbottle_checkouts_total{outcome,reason}, ticketbottle_check_ins_total{outcome},
    /// ticketbottle_checkout_seconds.
    /// Logs ids, amounts, reasons; never an e-mail address, a code or a page's URL.
    [[nodiscard]] Answer handle(const Request& request, const Caller& caller, Deadline deadline);
    /// What a host answers that has too much to do already: 503, with the CORS headers that a browser needs to see it.
    /// Threads: any.
    [[nodiscard]] Answer turn_away(const Request& request);
    /// handle() of one function invocation (API Gateway v1, v2), as the proxy reply. What is no such invocation: status 400.
    [[nodiscard]] std::string handle_invocation(std::string_view event, const Caller& caller, Deadline deadline);

private:
    struct Purchase;
    CheckoutHandler(Desk& desk, PaymentStore& orders, PaymentPages pages, const Clock& clock, CheckoutOptions options,
                    Observer& observer);
    /// The request's Origin, if it is one of ours; else "".
    [[nodiscard]] std::string_view known_origin(std::string_view origin) const noexcept;
    [[nodiscard]] Answer route(const Request& request, const Caller& caller, Deadline deadline);
    [[nodiscard]] Answer checkout(const Request& request, const Caller& caller, Deadline deadline);
    [[nodiscard]] Answer give_away(const Purchase& purchase, Deadline deadline);
    [[nodiscard]] Answer open_page(const Purchase& purchase, Deadline deadline);
    [[nodiscard]] Answer done(const Purchase& purchase, std::string_view outcome, std::string_view url,
                              std::string_view session_id);
    [[nodiscard]] std::optional<Release> release(OrderId order);
    [[nodiscard]] Answer failed(std::string_view step, const Error& error, const Purchase& purchase, std::string_view left_as);
    [[nodiscard]] Answer check_in(const Request& request, const Caller& caller, Deadline deadline);

    Desk& desk_;
    PaymentPages pages_;
    const Clock& clock_;
    CheckoutOptions options_;
    Observer& observer_;
    PaymentProcessor processor_;
};

}  // namespace ticketbottle::checkout
