#include <ticketbottle/observe/json_log.hpp>
#include <ticketbottle/observe/tee.hpp>

#include "core/json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ticketbottle::observe {
namespace {

const TimePoint at = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21) + std::chrono::hours(8);

struct Lines {
    std::vector<std::string> all;
    LineSink sink() {
        return [this](std::string_view line) { all.emplace_back(line); };
    }
};
JsonLogOptions fixed(Severity threshold = Severity::debug) { return {threshold, [] { return at; }}; }

TEST_CASE("JsonLogObserver: one line per record, members in order, values of every type") {
    Lines lines;
    JsonLogObserver observer(lines.sink(), fixed());
    observer.log(Severity::error, "outbox.row_dead", "Given up.",
                 {{"id", std::string_view("a\"b\\c\n")}, {"attempts", std::int64_t{5}}, {"seconds", 0.25}, {"last", true}});
    observer.log(Severity::info, "relay.leading", "");
    REQUIRE(lines.all.size() == 2);
    CHECK(lines.all[0] == R"({"time":"2025-11-21T08:00:00.000Z","severity":"error","event":"outbox.row_dead","message":"Given up.",)"
                          R"("id":"a\"b\\c\n","attempts":5,"seconds":0.25,"last":true})"
                          "\n");
    CHECK(lines.all[1] == "{\"time\":\"2025-11-21T08:00:00.000Z\",\"severity\":\"info\",\"event\":\"relay.leading\"}\n");
}

TEST_CASE("JsonLogObserver: records below the threshold are dropped") {
    Lines lines;
    JsonLogObserver observer(lines.sink(), fixed(Severity::warning));
    for (const Severity severity : {Severity::debug, Severity::info, Severity::warning, Severity::error, Severity::alert}) {
        observer.log(severity, "e", "");
    }
    CHECK(lines.all.size() == 3);
}

TEST_CASE("JsonLogObserver: a line is valid JSON whatever bytes come") {
    Lines lines;
    JsonLogObserver observer(lines.sink(), fixed());
    std::mt19937_64 random(3);
    for (int run = 0; run < 500; ++run) {
        std::string bytes(random() % 40, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        const std::vector<Field> fields = {{bytes, std::string_view(bytes)}, {bytes, std::int64_t{1}}, {"time", std::string_view("x")}};
        observer.log(LogRecord{Severity::info, bytes, bytes, fields});
        const std::string& line = lines.all.back();
        REQUIRE(line.back() == '\n');
        REQUIRE(line.find('\n') == line.size() - 1);
        REQUIRE(json::parse(std::string_view(line).substr(0, line.size() - 1)).has_value());  // duplicate names are refused too
    }
}

TEST_CASE("JsonLogObserver: names that are taken, numbers that are none, texts and lists that are too long") {
    Lines lines;
    JsonLogObserver observer(lines.sink(), fixed());
    const std::string longest(log_text_bytes_max - 1, 'x');
    const std::string too_long = longest + "ệ";
    observer.log(Severity::info, "e", "",
                 {{"event", std::string_view("mine")},
                  {"a", std::int64_t{1}},
                  {"a", std::int64_t{2}},
                  {"nan", std::numeric_limits<double>::quiet_NaN()},
                  {"inf", std::numeric_limits<double>::infinity()},
                  {"text", std::string_view(too_long)},
                  {"\xff", std::string_view("\xff")}});
    const auto document = json::parse(lines.all[0]);
    REQUIRE(document.has_value());
    const json::Value root = document->root();
    CHECK(root["event"].text() == "e");
    CHECK(root["event_"].text() == "mine");
    CHECK(root["a"].as_int64() == 1);
    CHECK(root["nan"].is(json::Kind::null));
    CHECK(root["inf"].is(json::Kind::null));
    CHECK(root["text"].text() == longest);
    CHECK(root["\xef\xbf\xbd"].text() == "\xef\xbf\xbd");

    std::vector<std::string> names;
    for (std::size_t i = 0; i <= log_fields_max; ++i) names.push_back("f" + std::to_string(i));
    std::vector<Field> fields;
    for (const std::string& name : names) fields.push_back({name, std::int64_t{0}});
    observer.log(LogRecord{Severity::info, "e", "", fields});
    CHECK(lines.all[1].find("\"f63\":0,\"truncated\":true}") != std::string::npos);
    CHECK(lines.all[1].find("f64") == std::string::npos);
}

TEST_CASE("JsonLogObserver: a sink that throws costs the line and is counted") {
    int calls = 0;
    JsonLogObserver observer([&](std::string_view) { if (++calls == 1) throw std::runtime_error("disk full"); }, fixed());
    CHECK_NOTHROW(observer.log(Severity::info, "e", ""));
    observer.log(Severity::info, "e", "");
    CHECK(observer.lost() == 1);
    CHECK(calls == 2);
}

TEST_CASE("JsonLogObserver: lines of many threads never mix") {
    std::vector<std::string> lines;
    JsonLogObserver observer([&](std::string_view line) { lines.emplace_back(line); }, fixed());
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) observer.log(Severity::info, "e", "m", {{"i", std::int64_t{i}}});
        });
    }
    threads.clear();
    CHECK(lines.size() == 800);
    for (const std::string& line : lines) REQUIRE(json::parse(line).has_value());
}

TEST_CASE("to_file: writes whole lines, and says when it cannot") {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    const LineSink sink = to_file(file);
    sink("one\n");
    sink("two\n");
    std::rewind(file);
    char buffer[32] = {};
    CHECK(std::string_view(buffer, std::fread(buffer, 1, sizeof buffer, file)) == "one\ntwo\n");
    std::fclose(file);
    std::FILE* full = std::fopen("/dev/full", "w");
    REQUIRE(full != nullptr);
    CHECK_THROWS_AS(to_file(full)("lost\n"), std::runtime_error);
    std::fclose(full);
}

TEST_CASE("parse_severity: the names, in any case") {
    CHECK(parse_severity("WARN") == Severity::warning);
    CHECK(parse_severity("warning") == Severity::warning);
    CHECK(parse_severity("Debug") == Severity::debug);
    CHECK(parse_severity("alert") == Severity::alert);
    CHECK_FALSE(parse_severity("").has_value());
    CHECK_FALSE(parse_severity("verbose").has_value());
    CHECK_FALSE(parse_severity("info ").has_value());
}

TEST_CASE("TeeObserver: everyone hears everything, though one throws") {
    struct Throwing final : Observer {
        void log(const LogRecord&) override { throw std::runtime_error("no"); }
        void metric(const MetricSample&) override { throw std::runtime_error("no"); }
    } throwing;
    struct Counting final : Observer {
        int logs = 0;
        int metrics = 0;
        void log(const LogRecord&) override { ++logs; }
        void metric(const MetricSample&) override { ++metrics; }
    } counting;
    TeeObserver tee({&counting, nullptr, &throwing, &counting});
    tee.log(Severity::info, "e", "");
    tee.count("m");
    CHECK(counting.logs == 2);
    CHECK(counting.metrics == 2);
}

}  // namespace
}  // namespace ticketbottle::observe
