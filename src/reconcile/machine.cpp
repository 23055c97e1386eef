#include <ticketbottle/reconcile/reconciler.hpp>

#include "core/format.hpp"
#include "core/retry.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ticketbottle::reconcile {

namespace {

using std::chrono::milliseconds;
using What = ReconcileNote::What;

constexpr milliseconds tick{1};
// MoMo's pages ask for it: an answer may take so long.
constexpr milliseconds momo_timeout{30000};
// One odd payment must not shut its gateway; so many in a row are the gateway, or somebody between.
constexpr std::uint32_t disbelieved_max = 5;
constexpr std::size_t order_codes_told_max = 10;
constexpr std::size_t unaskable_told_max = 100;
constexpr std::size_t provider_bytes_max = 40;
constexpr std::size_t run_digits = 20;

/// A column of a database, fit for a log line.
std::string printable(std::string_view text) {
    std::string out(text.substr(0, provider_bytes_max));
    for (char& c : out) c = c >= 0x20 && c < 0x7f ? c : '?';
    return out;
}

std::string hex_digits(std::string_view uuid) {
    std::string out(uuid);
    std::erase(out, '-');
    return out.substr(0, run_digits);
}

ReconcileNote note_of(What what, const Payment& payment, Gateway gateway) {
    ReconcileNote note;
    note.what = what;
    note.gateway = gateway;
    note.payment_id = payment.id;
    note.order_code = payment.order_code;
    return note;
}

Backoff gateway_backoff(const ReconcilerOptions& options) {
    return {options.gateway_backoff_base, options.gateway_backoff_max, Jitter::equal};
}

Backoff payment_backoff(const ReconcilerOptions& options) {
    return {options.payment_backoff_base, options.payment_backoff_max, Jitter::equal};
}

void drop_what_is_not_needed(Payment& payment) {
    for (std::string* text :
         {&payment.metadata, &payment.redirect_url, &payment.payment_url, &payment.idempotency_key}) {
        text->clear();
        text->shrink_to_fit();
    }
}

}  // namespace

ReconcilerMachine::ReconcilerMachine(const Gateways& gateways, ReconcilerOptions options, std::string_view run,
                                     std::uint64_t seed)
    : gateways_(gateways), options_(std::move(options)), run_(hex_digits(run)), random_(seed) {}

ReconcileAction ReconcilerMachine::begin(Moment now) {
    notes_.clear();
    look_at_ = now.steady;
    return next(now);
}

ReconcileAction ReconcilerMachine::begin_once(Moment now) {
    once_ = true;
    return begin(now);
}

ReconcileAction ReconcilerMachine::waited(Moment now) {
    notes_.clear();
    return next(now);
}

ReconcileAction ReconcilerMachine::looked(Moment now, Result<std::vector<Payment>> answer) {
    notes_.clear();
    if (!answer.has_value()) return store_failed(now, to_string(answer.error()));
    store_answered();
    looked_ = true;
    look_at_ = now.steady + options_.look_every;
    take_up(now, *answer);
    return next(now);
}

ReconcileAction ReconcilerMachine::answered(Moment now, const Result<HttpAnswer>& answer) {
    notes_.clear();
    Open* open = asked();
    if (open == nullptr) return next(now);
    if (answer.has_value()) return read_answer(now, *open, *answer);
    gateway_failed(now, *open, Answered::unreachable, to_string(answer.error()));
    return next(now);
}

ReconcileAction ReconcilerMachine::settled(Moment now, const Settled& answer) {
    notes_.clear();
    Open* open = asked();
    if (open == nullptr) return next(now);
    const Gateway gateway = open->question.gateway;
    if (answer.outcome == Outcome::retry) {
        came(gateway, Came::not_recorded);
        open->due = now.steady;
        return store_failed(now, "a payment could not be settled (payment.settle_failed says why)");
    }
    store_answered();
    left_open(now, *open);
    switch (answer.outcome) {
        case Outcome::applied:
            open->done = true;
            notes_.push_back(note_of(What::healed, open->payment, gateway));
            notes_.back().reason = to_string(answer.after);
            came(gateway, Came::settled);
            break;
        case Outcome::duplicate:
            open->done = true;
            came(gateway, Came::unchanged);
            break;
        case Outcome::refused:
            open->target = 0;
            open->rounds = std::max(open->rounds, 1U);
            open->due = now.steady + options_.refused_again;
            came(gateway, Came::refused);
            break;
        case Outcome::ignored:
        case Outcome::retry:
            came(gateway, Came::open);
            break;
    }
    return next(now);
}

ReconcilerMachine::Open* ReconcilerMachine::asked() noexcept {
    const auto found = std::ranges::find_if(open_, [&](const Open& open) { return open.payment.id == asking_; });
    return found == open_.end() ? nullptr : &*found;
}

ReconcilerMachine::Steady ReconcilerMachine::ready_at(const Open& open) const noexcept {
    return std::max(open.due, lanes_[static_cast<std::size_t>(open.question.gateway)].asks_at);
}

bool ReconcilerMachine::rests(const Open& open) const noexcept { return open.done || (once_ && open.rounds > 0); }

/// The gateway that was asked longest ago goes first, and of its payments the one that is due longest: a gateway with
/// thousands, or one that makes us wait, takes no turn of another's.
ReconcileAction ReconcilerMachine::next(Moment now) {
    asking_.clear();
    if (look_at_ <= now.steady && !(once_ && looked_)) return look(now);
    const bool stalled = store_failures_ > 0;
    Open* best = nullptr;
    Steady earliest = std::max(look_at_, now.steady);
    bool pacing = false;
    for (Open& open : open_) {
        if (rests(open) || stalled) continue;
        const Lane& own = lane(open.question.gateway);
        const Steady ready = ready_at(open);
        if (ready > now.steady) {
            earliest = std::min(earliest, ready);
            pacing = pacing || (open.due <= now.steady && !own.down);
            continue;
        }
        const auto before = [&](const Open& other) {
            return std::pair(own.asked_at, open.due) < std::pair(lane(other.question.gateway).asked_at, other.due);
        };
        if (best == nullptr || before(*best)) best = &open;
    }
    if (best != nullptr) return ask(now, *best);
    const auto why = stalled ? Wait::Why::stalled : pacing ? Wait::Why::pacing : Wait::Why::idle;
    return Wait{why, std::max(tick, std::chrono::ceil<milliseconds>(earliest - now.steady))};
}

ReconcileAction ReconcilerMachine::look(Moment now) {
    return Look{now.utc - options_.ask_after, options_.page_rows_max};
}

ReconcileAction ReconcilerMachine::ask(Moment now, Open& open) {
    const Gateway gateway = open.question.gateway;
    QueryTarget& target = open.question.targets[open.target];
    target.request_id = formatted("{}{:012x}", run_, ++questions_ & 0xffffffffffff);
    target.ip_address = options_.ip_address;
    auto request = query(gateways_, gateway, target, now.utc);
    if (!request.has_value()) {  // it could be built when the payment was taken up
        left_open(now, open);
        Reading none;
        none.reason = to_string(request.error());
        not_believed(now, open, none);
        return next(now);
    }
    asking_ = open.payment.id;
    Lane& own = lane(gateway);
    own.asked_at = now.steady;
    own.asks_at = now.steady + options_.ask_interval;
    const milliseconds timeout =
        gateway == Gateway::momo ? std::max(momo_timeout, options_.exchange_timeout) : options_.exchange_timeout;
    return Ask{gateway, std::move(*request), timeout};
}

ReconcileAction ReconcilerMachine::read_answer(Moment now, Open& open, const HttpAnswer& answer) {
    const Gateway gateway = open.question.gateway;
    Reading reading = read(open.payment, gateway, open.question.targets[open.target], gateways_, answer);
    switch (reading.what) {
        case Answered::unreachable:
        case Answered::not_admitted:
            gateway_failed(now, open, reading.what, std::move(reading.reason));
            return next(now);
        case Answered::settle:
            gateway_answered(gateway);
            return Settle{std::move(reading.notification)};
        case Answered::open:
            gateway_answered(gateway);
            left_open(now, open);
            came(gateway, Came::open);
            return next(now);
        case Answered::not_believed:
        case Answered::forged:
        case Answered::another:
            break;
    }
    left_open(now, open);
    not_believed(now, open, reading);
    return next(now);
}

/// The page takes the place of what was in hand: what is not in it any more is settled, or has an older one in its
/// place.
void ReconcilerMachine::take_up(Moment now, std::vector<Payment>& page) {
    std::unordered_map<std::string, Open> known;
    for (Open& open : open_) known.emplace(open.payment.id, std::move(open));
    open_.clear();
    report_.given_up = report_.unaskable = 0;
    std::vector<const Payment*> given_up;
    for (Payment& payment : page) {
        if (now.utc - payment.created_at > options_.give_up_after) {
            given_up.push_back(&payment);
            continue;
        }
        if (const auto found = known.find(payment.id); found != known.end()) {
            found->second.done = false;
            found->second.payment.amount = payment.amount;  // a person may have mended it
            open_.push_back(std::move(found->second));
            known.erase(found);
            continue;
        }
        auto question = question_for(payment, gateways_);
        if (!question.has_value()) {
            note_unaskable(payment, question.error());
            continue;
        }
        drop_what_is_not_needed(payment);
        open_.push_back({std::move(payment), std::move(*question), 0, 0, now.steady, false});
    }
    report_.given_up = given_up.size();
    report_.in_hand = open_.size();
    note_given_up(given_up);
    note_page_full(page.size());
}

void ReconcilerMachine::note_given_up(const std::vector<const Payment*>& payments) {
    ReconcileNote note;
    note.what = What::given_up;
    std::set<std::string> told;
    for (const Payment* payment : payments) {
        told.insert(payment->id);
        if (given_up_told_.contains(payment->id)) continue;
        if (note.count++ < order_codes_told_max)
            note.order_code += (note.order_code.empty() ? "" : " ") + payment->order_code;
    }
    given_up_told_ = std::move(told);
    if (note.count > 0) notes_.push_back(std::move(note));
}

void ReconcilerMachine::note_page_full(std::size_t rows) {
    const bool full = rows >= options_.page_rows_max;
    if (full && !page_full_told_) {
        ReconcileNote note;
        note.what = What::page_full;
        note.count = rows - open_.size();
        notes_.push_back(std::move(note));
    }
    page_full_told_ = full;
}

void ReconcilerMachine::note_unaskable(const Payment& payment, Unaskable why) {
    ++report_.unaskable;
    ReconcileNote note;
    note.what = What::unaskable;
    note.provider = printable(payment.provider);
    note.reason = to_string(why);
    if (unaskable_told_.size() >= unaskable_told_max ||
        !unaskable_told_.insert(note.provider + " " + note.reason).second)
        return;
    note.gateway = gateway_of(payment.provider);
    note.payment_id = payment.id;
    note.order_code = payment.order_code;
    notes_.push_back(std::move(note));
}

void ReconcilerMachine::not_believed(Moment now, Open& open, const Reading& reading) {
    const Gateway gateway = open.question.gateway;
    came(gateway, Came::not_believed);
    notes_.push_back(note_of(What::not_believed, open.payment, gateway));
    notes_.back().reason = reading.reason;
    notes_.back().why = reading.what;
    Lane& own = lane(gateway);
    own.failures = 0;
    if (++own.disbelieved < disbelieved_max) {
        own.down = false;
        return;
    }
    shut(now, gateway, own.disbelieved - disbelieved_max, reading.what,
         "answers that cannot be believed, the last one: " + reading.reason);
}

void ReconcilerMachine::gateway_failed(Moment now, Open& open, Answered why, std::string reason) {
    const Gateway gateway = open.question.gateway;
    came(gateway, Came::unreachable);
    Lane& own = lane(gateway);
    shut(now, gateway, own.failures++, why, std::move(reason));
    // The others of this gateway go first next time: perhaps it is this payment that it cannot bear.
    open.due = own.asks_at;
}

void ReconcilerMachine::shut(Moment now, Gateway gateway, std::uint32_t failures, Answered why, std::string reason) {
    Lane& own = lane(gateway);
    own.down = true;
    own.asks_at = now.steady + std::max(tick, gateway_backoff(options_).after(failures, random_));
    if (std::exchange(own.told_down, true)) return;
    ReconcileNote note;
    note.what = What::gateway_down;
    note.gateway = gateway;
    note.reason = std::move(reason);
    note.why = why;
    notes_.push_back(std::move(note));
}

void ReconcilerMachine::gateway_answered(Gateway gateway) {
    Lane& own = lane(gateway);
    own.failures = own.disbelieved = 0;
    own.down = false;
    if (!std::exchange(own.told_down, false)) return;
    ReconcileNote note;
    note.what = What::gateway_up;
    note.gateway = gateway;
    notes_.push_back(std::move(note));
}

/// By the next name at once, if there is one; else a round is over.
void ReconcilerMachine::left_open(Moment now, Open& open) {
    if (++open.target < open.question.targets.size()) {
        open.due = now.steady;
        return;
    }
    open.target = 0;
    open.due = now.steady + payment_backoff(options_).after(open.rounds++, random_);
}

ReconcileAction ReconcilerMachine::store_failed(Moment now, std::string reason) {
    if (store_failures_ == 0) {
        ReconcileNote note;
        note.what = What::stalled;
        note.reason = std::move(reason);
        notes_.push_back(std::move(note));
    }
    ++report_.stalled;
    look_at_ = now.steady + std::max(tick, gateway_backoff(options_).after(store_failures_++, random_));
    return next(now);
}

void ReconcilerMachine::store_answered() {
    if (std::exchange(store_failures_, 0) == 0) return;
    ReconcileNote note;
    note.what = What::recovered;
    notes_.push_back(std::move(note));
}

void ReconcilerMachine::came(Gateway gateway, Came what) {
    ++report_.answers[static_cast<std::size_t>(gateway)][static_cast<std::size_t>(what)];
}

}  // namespace ticketbottle::reconcile
