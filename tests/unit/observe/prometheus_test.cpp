#include <ticketbottle/observe/prometheus.hpp>

#include "exposition_parser.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace ticketbottle::observe {
namespace {

using test::Exposition;
using test::ExpositionParser;

constexpr const char* dropped = "ticketbottle_observe_dropped_samples_total";

Exposition read(const PrometheusRegistry& registry) {
    Exposition exposition = ExpositionParser::parse(registry.text());
    REQUIRE(exposition.error == "");
    return exposition;
}

TEST_CASE("PrometheusRegistry: the text of one of each kind") {
    PrometheusOptions options;
    options.buckets = {1, 0.5};
    PrometheusRegistry registry(options);
    registry.count("ticketbottle_outbox_published_total", {}, 2);
    registry.count("ticketbottle_outbox_published_total", {}, 3);
    registry.gauge("a_gauge", 2);
    registry.gauge("a_gauge", -1.5);
    registry.observe("a_seconds", 0.5, {{"b", "2"}, {"a", "1"}});
    registry.observe("a_seconds", 0.75, {{"a", "1"}, {"b", "2"}});
    registry.observe("a_seconds", 7, {{"a", "1"}, {"b", "2"}});
    registry.describe("a_gauge", "One \\ two\nthree \"four\"");
    CHECK(registry.text() ==
          "# HELP a_gauge One \\\\ two\\nthree \"four\"\n"
          "# TYPE a_gauge gauge\n"
          "a_gauge -1.5\n"
          "# TYPE a_seconds histogram\n"
          "a_seconds_bucket{a=\"1\",b=\"2\",le=\"0.5\"} 1\n"
          "a_seconds_bucket{a=\"1\",b=\"2\",le=\"1\"} 2\n"
          "a_seconds_bucket{a=\"1\",b=\"2\",le=\"+Inf\"} 3\n"
          "a_seconds_sum{a=\"1\",b=\"2\"} 8.25\n"
          "a_seconds_count{a=\"1\",b=\"2\"} 3\n"
          "# HELP ticketbottle_outbox_published_total Events delivered and marked.\n"
          "# TYPE ticketbottle_outbox_published_total counter\n"
          "ticketbottle_outbox_published_total 5\n"
          "# HELP ticketbottle_observe_dropped_samples_total Metric samples that could not be kept: a bad name, or too many series.\n"
          "# TYPE ticketbottle_observe_dropped_samples_total counter\n"
          "ticketbottle_observe_dropped_samples_total 0\n");
    CHECK(read(registry).helps.at("a_gauge") == "One \\ two\nthree \"four\"");
}

TEST_CASE("PrometheusRegistry: label values of any bytes come out escaped and as UTF-8") {
    PrometheusRegistry registry;
    registry.count("c", {{"v", "a\"b\\c\nd"}});
    CHECK(read(registry).value("c", {{"v", "a\"b\\c\nd"}}) == 1);
    std::mt19937_64 random(5);
    for (int i = 0; i < 300; ++i) {
        std::string bytes(random() % 300, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        registry.count("c", {{"v", bytes}});
    }
    CHECK(read(registry).samples.size() > 290);
}

TEST_CASE("PrometheusRegistry: what is no metric is dropped and counted") {
    PrometheusRegistry registry;
    registry.count("good");
    registry.count("");
    registry.count("1st");
    registry.count("has space");
    registry.count("good", {{"bad-label", "x"}});
    registry.count("good", {{"__reserved", "x"}});
    registry.count("good", {{"a", "1"}, {"a", "2"}});
    registry.count("good", {}, -1);
    registry.gauge("good", 1);  // another kind
    registry.gauge("g", std::numeric_limits<double>::quiet_NaN());
    registry.observe("h", 1, {{"le", "1"}});
    registry.count(dropped);
    const Exposition exposition = read(registry);
    CHECK(exposition.value("good") == 1);
    CHECK(exposition.value(dropped) == 11);
    CHECK(exposition.types.size() == 2);
}

TEST_CASE("PrometheusRegistry: series are limited, and those that are there go on counting") {
    PrometheusOptions options;
    options.series_max = 3;
    PrometheusRegistry registry(options);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 10; ++i) registry.count("c", {{"i", std::to_string(i)}});
    }
    const Exposition exposition = read(registry);
    CHECK(exposition.value("c", {{"i", "0"}}) == 2);
    CHECK(exposition.samples.size() == 4);
    CHECK(exposition.value(dropped) == 14);
}

TEST_CASE("PrometheusRegistry: a histogram's series do not run into another metric's") {
    PrometheusRegistry registry;
    registry.observe("h", 1);
    registry.count("h_count");
    registry.gauge("h_sum", 1);
    CHECK(read(registry).value(dropped) == 2);
    PrometheusRegistry reversed;
    reversed.count("h_bucket");
    reversed.observe("h", 1);
    CHECK(read(reversed).value(dropped) == 1);
}

TEST_CASE("PrometheusRegistry: many threads add up") {
    PrometheusRegistry registry;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i) {
                registry.count("c", {{"t", "x"}});
                registry.observe("h", 0.001 * i);
                if (i % 100 == 0) (void)registry.text();
            }
        });
    }
    threads.clear();
    const Exposition exposition = read(registry);
    CHECK(exposition.value("c", {{"t", "x"}}) == 4000);
    CHECK(exposition.value("h_count") == 4000);
}

TEST_CASE("Exposition parser: refuses what a server would refuse") {
    CHECK(ExpositionParser::parse("# TYPE a counter\na 1\n").error == "");
    for (const char* text : {"a 1\n", "# TYPE a counter\na 1", "# TYPE a counter\na  1\n", "# TYPE a counter\nb 1\n",
                             "# TYPE a counter\na{x=\"1} 1\n", "# TYPE a counter\na{x=\"\\q\"} 1\n", "# TYPE a counter\na 1\na 1\n",
                             "# TYPE a counter\n# TYPE a counter\n", "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"}) {
        CAPTURE(text);
        CHECK(ExpositionParser::parse(text).error != "");
    }
}

}  // namespace
}  // namespace ticketbottle::observe
