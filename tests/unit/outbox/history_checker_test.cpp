// The judge of all kill tests itself: each fault of a relay is seen as what it is.
#include "support/history_checker.hpp"

#include <doctest/doctest.h>

namespace ticketbottle {
namespace {

using test::judge;
using test::Verdict;
using History = std::vector<test::Seen>;

const std::map<std::string, std::uint64_t> written = {{"a", 4}, {"b", 1}};

void check_nothing_but_repeats(const Verdict& verdict) {
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.skipped == 0);
    CHECK(verdict.stale == 0);
    CHECK(verdict.foreign == 0);
}

TEST_CASE("History checker: every event once and in order is faultless, whatever other keys do between") {
    const Verdict verdict = judge(written, History{{"a", 1}, {"b", 1}, {"a", 2}, {"a", 3}, {"a", 4}}, 0);
    check_nothing_but_repeats(verdict);
    CHECK(verdict.duplicates == 0);
    CHECK(verdict.returns == 0);
}

TEST_CASE("History checker: a loss is seen at the end, in the middle, and of a whole key") {
    CHECK(judge(written, History{{"a", 1}, {"b", 1}, {"a", 2}, {"a", 3}}, 1).lost == 1);
    const Verdict middle = judge(written, History{{"a", 1}, {"b", 1}, {"a", 3}, {"a", 4}}, 1);
    CHECK(middle.lost == 1);
    CHECK(middle.inverted > 0);
    CHECK(middle.skipped == 1);
    CHECK(judge(written, History{{"a", 1}, {"a", 2}, {"a", 3}, {"a", 4}}, 1).lost == 1);
    CHECK(judge(written, History{}, 1).lost == 5);
}

TEST_CASE("History checker: a swap is an inversion, also when nothing is lost") {
    const Verdict verdict = judge(written, History{{"a", 2}, {"a", 1}, {"a", 3}, {"a", 4}, {"b", 1}}, 5);
    CHECK(verdict.inverted > 0);
    CHECK(verdict.skipped > 0);
    CHECK(verdict.lost == 0);
    CHECK(verdict.duplicates == 0);
}

TEST_CASE("History checker: a page that comes again is repeats and no fault, and each going back is counted") {
    const Verdict verdict = judge(written, History{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 1}, {"a", 2}, {"b", 1}, {"a", 3}, {"a", 3}, {"a", 4}}, 3);
    check_nothing_but_repeats(verdict);
    CHECK(verdict.duplicates == 4);
    CHECK(verdict.returns == 2);
}

TEST_CASE("History checker: a repeat from before the page in hand is stale") {
    const History history{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 1}, {"a", 2}, {"a", 3}, {"a", 4}};
    CHECK(judge(written, history, 3).stale == 0);
    CHECK(judge(written, history, 2).stale == 2);
    CHECK(judge(written, History{{"a", 1}, {"a", 2}, {"a", 3}, {"a", 4}, {"b", 1}, {"a", 1}}, 2).stale == 1);
}

TEST_CASE("History checker: too many repeats show in their number") {
    History history;
    for (int death = 0; death < 3; ++death)
        for (std::uint64_t version = 1; version <= 4; ++version) history.push_back({"a", version});
    history.push_back({"b", 1});
    const Verdict verdict = judge(written, history, 4);
    check_nothing_but_repeats(verdict);
    CHECK(verdict.duplicates == 8);
    CHECK(verdict.returns == 2);
}

TEST_CASE("History checker: a repeated page with a hole is not the page in hand again") {
    const Verdict verdict = judge(written, History{{"a", 1}, {"a", 2}, {"a", 3}, {"a", 2}, {"a", 4}, {"b", 1}}, 5);
    CHECK(verdict.skipped == 1);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
}

TEST_CASE("History checker: what nobody wrote is a stranger") {
    CHECK(judge(written, History{{"c", 1}, {"a", 5}, {"a", 0}}, 1).foreign == 3);
}

}  // namespace
}  // namespace ticketbottle
