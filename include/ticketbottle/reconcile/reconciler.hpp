#pragma once
/// \file
/// The reconciler: finds payments that are PENDING past their time, asks their gateways, and settles the answers by the
/// same path as callbacks. ReconcilerMachine decides and does nothing; Reconciler performs its actions on the caller's
/// thread; BackgroundReconciler is Reconciler on a thread of its own. What an on-call person sees: docs/reconcile.md.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/payment/processor.hpp>
#include <ticketbottle/reconcile/question.hpp>
#include <variant>
#include <vector>

namespace ticketbottle::reconcile {

struct Asked {
    Gateway gateway = Gateway::zalopay;
    std::string name;  ///< What the gateway was asked by, last.
    Reading reading;
    HttpAnswer answer;  ///< As it came: may name people.
};
/// Asks about one payment now, whatever its age and status, by each of its names until one brings more than "open".
/// Settles nothing: give a reading `settle` to a PaymentProcessor. For a person with a question. Errors: unsupported
/// (it cannot be asked for, with the reason), and those of the exchange. Exceptions: the exchange's.
[[nodiscard]] Result<Asked> ask(const Payment& payment, const Gateways& gateways, const HttpExchange& exchange,
                                TimePoint now, Deadline deadline, std::string_view ip_address = "127.0.0.1");

struct ReconcilerOptions {
    /// How old a pending payment is when it is asked for first, 1 min .. 7 days: TICKETBOTTLE_RECONCILE_AFTER. Most
    /// orders have expired by then.
    std::chrono::minutes ask_after{15};
    /// Older ones are reported once and left. Above ask_after, at most a year: TICKETBOTTLE_RECONCILE_GIVE_UP.
    std::chrono::hours give_up_after{7 * 24};
    /// How often the store is asked for pending payments, 100 ms .. 24 h.
    std::chrono::milliseconds look_every{60000};
    /// So many payments, oldest first, are in hand at once: 1..1000, for PaymentStore::pending gives no more.
    std::uint32_t page_rows_max = 1000;
    /// Between two questions to one gateway, 1 ms .. 1 h.
    std::chrono::milliseconds ask_interval{1000};
    /// Of one question and its answer, 10 ms .. 10 min. MoMo's is at least 30 s, as its pages ask.
    std::chrono::milliseconds exchange_timeout{10000};
    std::chrono::milliseconds store_timeout{4000};  ///< 10 ms .. 10 min.
    /// After n answers that left it open a payment waits a random time between half and all of min(base * 2^n, max);
    /// 1 ms <= base <= max <= 24 h.
    std::chrono::milliseconds payment_backoff_base{60000};
    std::chrono::milliseconds payment_backoff_max{3600000};
    /// After n failures in a row a gateway (and the store) is left alone likewise, then asked about one payment.
    std::chrono::milliseconds gateway_backoff_base{5000};
    std::chrono::milliseconds gateway_backoff_max{600000};
    /// When a payment whose answer was refused, and raised for a person, is asked for again: 1 min .. 7 days.
    std::chrono::milliseconds refused_again{6 * 3600000};
    std::string ip_address = "127.0.0.1";  ///< Ours, for VNPay's vnp_IpAddr.
};
/// Errors: invalid_argument, naming the option and its range.
[[nodiscard]] Result<void> check(const ReconcilerOptions& options);

/// The machine reads no clock: whoever drives it says what time it is.
struct Moment {
    Deadline::Clock::time_point steady;  ///< For waits.
    TimePoint utc;                       ///< For ages, and for gateways that want to be told.
};

// What the driver shall do next.
struct Wait {
    enum class Why : std::uint8_t {
        idle,     ///< Nothing is due.
        pacing,   ///< Something is due, but its gateway was asked just now.
        stalled,  ///< The store is out of reach.
    };
    Why why = Why::idle;
    std::chrono::milliseconds at_most{0};
};
struct Look {
    TimePoint created_before;
    std::uint32_t rows_max = 0;
};            ///< PaymentStore::pending
struct Ask {  ///< HttpExchange
    Gateway gateway = Gateway::zalopay;
    OutgoingRequest request;  ///< May carry keys: never log it.
    std::chrono::milliseconds timeout{0};
};
struct Settle {
    PaymentNotification notification;
};  ///< PaymentProcessor::process
using ReconcileAction = std::variant<Wait, Look, Ask, Settle>;

/// What came of one question.
enum class Came : std::uint8_t {
    settled,       ///< The payment changed, once: a callback had been lost.
    unchanged,     ///< Settled by somebody else meanwhile.
    open,          ///< Still under way at the gateway.
    refused,       ///< The rules refuse the answer (another amount, ...): raised for a person, "payment.refused".
    not_believed,  ///< Unreadable, forged, or about another payment.
    unreachable,   ///< The gateway could not be asked.
    not_recorded,  ///< The store could not settle it; asked again.
};
inline constexpr std::size_t came_count = 7;
/// "settled", ...
[[nodiscard]] std::string_view to_string(Came came) noexcept;

struct ReconcileReport {
    std::array<std::array<std::uint64_t, came_count>, gateway_count> answers{};  ///< [Gateway][Came]
    std::uint64_t stalled = 0;  ///< Looks that found the store out of reach.
    // Of the last look:
    std::uint64_t in_hand = 0;   ///< Payments that are asked for.
    std::uint64_t given_up = 0;  ///< Older than give_up_after.
    std::uint64_t unaskable = 0;

    [[nodiscard]] std::uint64_t total(Came came) const noexcept;
    [[nodiscard]] std::uint64_t asked() const noexcept;
};

/// Something worth a log line, for the driver to pass on.
struct ReconcileNote {
    enum class What : std::uint8_t {
        healed,        ///< A payment was settled by asking.
        not_believed,  ///< An answer was not taken; severity by `why`.
        gateway_down,  ///< Once when a gateway cannot be asked, not at every try.
        gateway_up,    ///< Once when it answers again.
        given_up,      ///< Payments that are older than give_up_after, each once.
        unaskable,     ///< Once for each provider and reason.
        page_full,     ///< Once: there are more pending payments than fit in hand.
        stalled,       ///< Once when the store is out of reach.
        recovered,     ///< Once when it is within reach again.
    };
    What what = What::healed;
    std::optional<Gateway> gateway;
    std::string provider;    ///< unaskable: what the payment says, at most 40 printable characters.
    std::string payment_id;  ///< Of one payment.
    std::string order_code;  ///< Of one payment; given_up: the first ten.
    std::string reason;
    Answered why = Answered::open;
    std::uint64_t count = 0;  ///< given_up: how many. page_full: how many of the page are not asked for.
};

/// No I/O, no thread, no clock; one answer per call, in the order of the actions. Invariants, whatever answers come:
/// nothing is settled but an answer that the gateway's parser believes and that is about the payment asked for; no
/// payment is failed or cancelled because of its age; a gateway is asked about one payment at a time, ask_interval
/// apart, and when it is out of reach not at all for a while; a payment that cannot be settled holds up no other.
class ReconcilerMachine {
public:
    /// \param gateways  Borrowed. \param options  Checked by the caller (check()).
    /// \param run       A UUID, different for every machine: request ids begin with it. \param seed  Of the jitter.
    ReconcilerMachine(const Gateways& gateways, ReconcilerOptions options, std::string_view run, std::uint64_t seed);

    [[nodiscard]] ReconcileAction begin(Moment now);
    /// Looks once, and leaves a payment alone after an answer about it: the first idle Wait is the end.
    [[nodiscard]] ReconcileAction begin_once(Moment now);
    [[nodiscard]] ReconcileAction waited(Moment now);
    [[nodiscard]] ReconcileAction looked(Moment now, Result<std::vector<Payment>> answer);
    [[nodiscard]] ReconcileAction answered(Moment now, const Result<HttpAnswer>& answer);
    [[nodiscard]] ReconcileAction settled(Moment now, const Settled& answer);

    [[nodiscard]] const ReconcileReport& report() const noexcept { return report_; }
    /// What the last answer brought. Replaced by the next one.
    [[nodiscard]] const std::vector<ReconcileNote>& notes() const noexcept { return notes_; }
    /// Whether the gateway was out of reach when it was asked last.
    [[nodiscard]] bool is_down(Gateway gateway) const noexcept {
        return lanes_[static_cast<std::size_t>(gateway)].told_down;
    }

private:
    using Steady = Deadline::Clock::time_point;
    struct Open {
        Payment payment;  ///< Without metadata and URLs.
        Question question;
        std::size_t target = 0;    ///< The name to ask by next.
        std::uint32_t rounds = 0;  ///< Asked by every name, and left open, so often.
        Steady due{};
        bool done = false;  ///< Settled; asked again only if the store still has it as pending.
    };
    struct Lane {
        Steady asked_at{};              ///< Last.
        Steady asks_at{};               ///< Not before: ask_interval, or while it is down.
        std::uint32_t failures = 0;     ///< Exchanges in a row.
        std::uint32_t disbelieved = 0;  ///< Answers in a row that were not believed.
        bool down = false;
        bool told_down = false;
    };

    [[nodiscard]] Lane& lane(Gateway gateway) noexcept { return lanes_[static_cast<std::size_t>(gateway)]; }
    [[nodiscard]] Open* asked() noexcept;
    [[nodiscard]] Steady ready_at(const Open& open) const noexcept;
    [[nodiscard]] bool rests(const Open& open) const noexcept;
    [[nodiscard]] ReconcileAction next(Moment now);
    [[nodiscard]] ReconcileAction look(Moment now);
    [[nodiscard]] ReconcileAction ask(Moment now, Open& open);
    [[nodiscard]] ReconcileAction read_answer(Moment now, Open& open, const HttpAnswer& answer);
    void take_up(Moment now, std::vector<Payment>& page);
    void note_given_up(const std::vector<const Payment*>& payments);
    void note_page_full(std::size_t rows);
    void note_unaskable(const Payment& payment, Unaskable why);
    void not_believed(Moment now, Open& open, const Reading& reading);
    void gateway_failed(Moment now, Open& open, Answered why, std::string reason);
    void gateway_answered(Gateway gateway);
    void shut(Moment now, Gateway gateway, std::uint32_t failures, Answered why, std::string reason);
    void left_open(Moment now, Open& open);
    [[nodiscard]] ReconcileAction store_failed(Moment now, std::string reason);
    void store_answered();
    void came(Gateway gateway, Came what);

    const Gateways& gateways_;
    ReconcilerOptions options_;
    std::string run_;              ///< 20 hex digits.
    std::uint64_t questions_ = 0;  ///< Asked so far; with run_ it makes request ids.
    std::mt19937_64 random_;
    ReconcileReport report_;
    std::vector<ReconcileNote> notes_;
    std::vector<Open> open_;  ///< At most page_rows_max.
    std::array<Lane, gateway_count> lanes_{};
    std::string asking_;  ///< Id of the payment whose answer is awaited.
    Steady look_at_{};
    std::uint32_t store_failures_ = 0;      ///< In a row.
    std::set<std::string> given_up_told_;   ///< Ids, of the page only.
    std::set<std::string> unaskable_told_;  ///< "provider reason", bounded.
    bool page_full_told_ = false;
    bool once_ = false;    ///< begin_once
    bool looked_ = false;  ///< The store has answered a Look.
};

/// Threads: run and run_once on one thread at a time; last_report from any. Lifetimes: all borrowed, and must outlive
/// it, but options are copied. Exceptions: std::bad_alloc. What the store throws passes through; what the exchange
/// throws is an unreachable gateway. Any number may run on one database: each payment still settles once; they only ask
/// more often than needed. Metrics: ticketbottle_reconcile_answers_total{gateway,result},
/// ticketbottle_reconcile_exchange_seconds{gateway}, ticketbottle_reconcile_stalled_total; gauges
/// ticketbottle_reconcile_gateway_up{gateway}, ticketbottle_reconcile_in_hand_payments, _given_up_payments,
/// _unaskable_payments. Log events: reconcile.healed, .not_believed, .gateway_down, .gateway_up, .given_up, .unaskable,
/// .page_full, .stalled, .recovered. No payload, key, name or address is in any of them.
class Reconciler {
public:
    Reconciler(const Gateways& gateways, PaymentStore& store, HttpExchange exchange, const Clock& clock,
               ProcessorOptions processor = {}, ReconcilerOptions options = {}, Observer& observer = Observer::none());
    ~Reconciler();
    Reconciler(const Reconciler&) = delete;
    Reconciler& operator=(const Reconciler&) = delete;

    /// Asks about every payment that is due, until each has had an answer or its gateway is down, and returns; or at
    /// the deadline, or within a second of a stop request. What it learnt of gateways and payments is forgotten at the
    /// next call. Errors: invalid_argument (options); unavailable (the store is out of reach; the report so far is in
    /// last_report()).
    [[nodiscard]] Result<ReconcileReport> run_once(Deadline deadline, std::stop_token stop = {});

    /// Runs until stopped; returns within a second of the stop request. Errors: invalid_argument (options). Trouble is
    /// logged and retried, never returned.
    [[nodiscard]] Result<ReconcileReport> run(std::stop_token stop);

    /// Of the run under way, else of the last one.
    [[nodiscard]] ReconcileReport last_report() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A Reconciler on its own thread, from construction to destruction (or stop()). Options that do not pass check() are
/// logged
/// ("reconcile.refused") and nothing runs. An exception of a host's own store or observer is logged
/// ("reconcile.exception"), and it starts again a second later.
class BackgroundReconciler {
public:
    BackgroundReconciler(const Gateways& gateways, PaymentStore& store, HttpExchange exchange, const Clock& clock,
                         ProcessorOptions processor = {}, ReconcilerOptions options = {},
                         Observer& observer = Observer::none());
    ~BackgroundReconciler();
    BackgroundReconciler(const BackgroundReconciler&) = delete;
    BackgroundReconciler& operator=(const BackgroundReconciler&) = delete;
    /// Stops and joins. Idempotent.
    void stop();
    /// False after stop(), or when the options were refused.
    [[nodiscard]] bool running() const noexcept { return running_; }
    [[nodiscard]] ReconcileReport report() const { return reconciler_.last_report(); }

private:
    void work(const std::stop_token& stop);

    Reconciler reconciler_;
    Observer& observer_;
    std::atomic<bool> running_{false};
    std::jthread thread_;
};

}  // namespace ticketbottle::reconcile
