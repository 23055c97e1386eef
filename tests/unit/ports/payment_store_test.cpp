#include <ticketbottle/ports/payment_store.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

namespace ticketbottle {
namespace {

TEST_CASE("PaymentStatus: spelled as the deployed enum, and read back exactly") {
    const std::pair<PaymentStatus, std::string_view> rows[] = {{PaymentStatus::pending, "PENDING"},
                                                               {PaymentStatus::completed, "COMPLETED"},
                                                               {PaymentStatus::failed, "FAILED"},
                                                               {PaymentStatus::cancelled, "CANCELLED"}};
    for (const auto& [status, text] : rows) {
        CHECK(to_string(status) == text);
        CHECK(parse_payment_status(text) == status);
    }
    for (const char* text : {"", "pending", "PENDING ", "CANCELED", "UNKNOWN", "COMPLETE"}) CHECK_FALSE(parse_payment_status(text));
    CHECK(to_string(static_cast<PaymentStatus>(99)) == "UNKNOWN");
}

TEST_CASE("Outcome: each has its enumerator's name") {
    const std::pair<Outcome, std::string_view> rows[] = {{Outcome::applied, "applied"},
                                                         {Outcome::duplicate, "duplicate"},
                                                         {Outcome::refused, "refused"},
                                                         {Outcome::ignored, "ignored"},
                                                         {Outcome::retry, "retry"}};
    for (const auto& [outcome, text] : rows) CHECK(to_string(outcome) == text);
}

TEST_CASE("Refusal: each has its enumerator's name, and says whether it needs a person") {
    struct Row {
        Refusal refusal;
        std::string_view text;
        bool person;
    };
    const Row rows[] = {{Refusal::none, "none", false},
                        {Refusal::unknown_order, "unknown_order", false},
                        {Refusal::ambiguous_order, "ambiguous_order", true},
                        {Refusal::order_mismatch, "order_mismatch", true},
                        {Refusal::provider_mismatch, "provider_mismatch", true},
                        {Refusal::amount_mismatch, "amount_mismatch", true},
                        {Refusal::currency_mismatch, "currency_mismatch", true},
                        {Refusal::already_completed, "already_completed", false},
                        {Refusal::late_success, "late_success", true},
                        {Refusal::second_charge, "second_charge", true},
                        {Refusal::content_conflict, "content_conflict", true}};
    std::set<std::string_view> texts;
    for (const Row& row : rows) {
        CHECK(to_string(row.refusal) == row.text);
        CHECK(needs_person(row.refusal) == row.person);
        texts.insert(row.text);
    }
    CHECK(texts.size() == std::size(rows));
    CHECK(needs_person(static_cast<Refusal>(99)));  // what we do not know goes to a person
}

}  // namespace
}  // namespace ticketbottle
