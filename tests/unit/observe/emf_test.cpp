#include <ticketbottle/observe/emf.hpp>

#include "core/json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::observe {
namespace {

EmfOptions fixed() {
    EmfOptions options;
    options.time = [] { return TimePoint(std::chrono::milliseconds(1763712000000)); };
    return options;
}

TEST_CASE("EmfObserver: the sweeper's figures are the deployed metrics, to the letter") {
    std::vector<std::string> lines;
    EmfObserver observer([&](std::string_view line) { lines.emplace_back(line); }, fixed());
    observer.gauge("ticketbottle_outbox_events_deleted", 12);
    observer.gauge("ticketbottle_outbox_failed_events", 0);
    observer.gauge("ticketbottle_outbox_pending_events", 3);
    observer.log(Severity::alert, "outbox.dead_rows", "");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == R"({"_aws":{"Timestamp":1763712000000,"CloudWatchMetrics":[{"Namespace":"TicketBottle/Outbox",)"
                      R"("Dimensions":[["Service"]],"Metrics":[{"Name":"EventsDeleted","Unit":"Count"}]}]},)"
                      R"("Service":"outbox-cleanup","EventsDeleted":12})"
                      "\n");
    CHECK(lines[1].find(R"("Name":"FailedEvents")") != std::string::npos);
    CHECK(lines[1].ends_with(",\"FailedEvents\":0}\n"));
}

TEST_CASE("EmfObserver: labels become dimensions, names stay unique, empty values and non-numbers are left out") {
    std::vector<std::string> lines;
    EmfOptions options = fixed();
    options.name_space = "Shop";
    options.metrics["calls"] = {"Calls", "Count", {}};
    EmfObserver observer([&](std::string_view line) { lines.emplace_back(line); }, options);
    observer.count("calls", {{"gateway", "zalo\"pay\xff"}, {"gateway", "twice"}, {"Calls", "x"}, {"_aws", "x"}, {"empty", ""}}, 2);
    observer.gauge("calls", std::numeric_limits<double>::infinity());
    REQUIRE(lines.size() == 1);
    const auto document = json::parse(lines[0]);
    REQUIRE(document.has_value());
    const json::Value root = document->root();
    CHECK(root.size() == 3);
    CHECK(root["gateway"].text() == "zalo\"pay\xef\xbf\xbd");
    CHECK(root["Calls"].as_int64() == 2);
    const json::Value directive = *root["_aws"]["CloudWatchMetrics"].begin();
    CHECK(directive["Namespace"].text() == "Shop");
    CHECK((*directive["Dimensions"].begin()).size() == 1);
}

TEST_CASE("EmfObserver: a failing sink never fails the caller") {
    EmfObserver observer([](std::string_view) { throw std::runtime_error("closed pipe"); }, fixed());
    CHECK_NOTHROW(observer.gauge("ticketbottle_outbox_events_deleted", 1));
    CHECK(observer.lost() == 1);
}

}  // namespace
}  // namespace ticketbottle::observe
