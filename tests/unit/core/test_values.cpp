#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <set>
#include <string>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/secret.hpp>
#include <type_traits>
#include <vector>

using namespace ticketbottle;
using namespace std::string_literals;
using namespace std::string_view_literals;

TEST_CASE("Error: its text is operation, code and detail") {
    CHECK(to_string(fail(Errc::unavailable, "outbox.fetch", "database is locked")) ==
          "outbox.fetch: unavailable: database is locked");
    CHECK(to_string(fail(Errc::cancelled, "outbox.fetch")) == "outbox.fetch: cancelled");
    CHECK(fail(Errc::cancelled, "x.y").detail_text().empty());
    CHECK(to_string(Error{}) == "internal");
    std::set<std::string_view> names;
    for (std::uint32_t code = 1; code <= 9; ++code) names.insert(to_string(static_cast<Errc>(code)));
    CHECK(names.size() == 9);
    CHECK(!names.contains("unknown"));
    CHECK(to_string(static_cast<Errc>(99)) == "unknown");
}

TEST_CASE("Result: value() of an error throws BadResultAccess with the error's text") {
    const Result<int> result = fail(Errc::conflict, "store.put", "etag differs");
    CHECK_THROWS_WITH_AS((void)result.value(), "store.put: conflict: etag differs", BadResultAccess);
}

TEST_CASE("Currency: three ASCII letters of either case") {
    CHECK(Currency::parse("vnd").value() == Currency::vnd());
    CHECK(Currency::parse("eUr")->code() == "EUR");
    CHECK(Currency().code() == "XXX");
    for (const std::string_view code :
         {""sv, "VN"sv, "VNDX"sv, "V1D"sv, "VN "sv, "V\0D"sv, "\u0110N"sv, "[\\]"sv, "`ab"sv, "{ab"sv, "@AB"sv}) {
        CAPTURE(code);
        REQUIRE(!Currency::parse(code).has_value());
        CHECK(Currency::parse(code).error().code == Errc::malformed);
    }
}

TEST_CASE("Currency: exponents are ISO 4217's") {
    const struct {
        int exponent;
        std::vector<std::string_view> codes;
    } rows[] = {
        {0,
         {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
          "XOF", "XPF"}},
        {2, {"EUR", "USD", "GBP", "SGD", "THB", "HUF", "MGA", "MRU", "UYU", "IDR", "LAK", "XXX", "TWD", "CNY"}},
        {3, {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}},
        {4, {"CLF", "UYW"}},
    };
    for (const auto& row : rows) {
        for (const std::string_view code : row.codes)
            CHECK_MESSAGE(Currency::parse(code)->exponent() == row.exponent, code);
    }
}

TEST_CASE("Money: amounts are grouped and cut the way the language does") {
    const struct {
        std::int64_t minor_units;
        std::string_view currency, vi, en;
    } rows[] = {
        {7200000, "VND", "7.200.000\u00a0\u20ab", "7,200,000\u00a0VND"},
        {0, "VND", "0\u00a0\u20ab", "0\u00a0VND"},
        {999, "VND", "999\u00a0\u20ab", "999\u00a0VND"},
        {1000, "VND", "1.000\u00a0\u20ab", "1,000\u00a0VND"},
        {100000, "VND", "100.000\u00a0\u20ab", "100,000\u00a0VND"},
        {-1000, "VND", "-1.000\u00a0\u20ab", "-1,000\u00a0VND"},
        {-999, "VND", "-999\u00a0\u20ab", "-999\u00a0VND"},
        {1999, "EUR", "19,99\u00a0EUR", "19.99\u00a0EUR"},
        {5, "EUR", "0,05\u00a0EUR", "0.05\u00a0EUR"},
        {0, "USD", "0,00\u00a0USD", "0.00\u00a0USD"},
        {-5, "USD", "-0,05\u00a0USD", "-0.05\u00a0USD"},
        {123456789, "USD", "1.234.567,89\u00a0USD", "1,234,567.89\u00a0USD"},
        {1234567, "KWD", "1.234,567\u00a0KWD", "1,234.567\u00a0KWD"},
        {1, "CLF", "0,0001\u00a0CLF", "0.0001\u00a0CLF"},
        {INT64_MAX, "VND", "9.223.372.036.854.775.807\u00a0\u20ab", "9,223,372,036,854,775,807\u00a0VND"},
        {INT64_MIN, "VND", "-9.223.372.036.854.775.808\u00a0\u20ab", "-9,223,372,036,854,775,808\u00a0VND"},
        {INT64_MIN, "EUR", "-92.233.720.368.547.758,08\u00a0EUR", "-92,233,720,368,547,758.08\u00a0EUR"},
    };
    for (const auto& row : rows) {
        const Money money{row.minor_units, Currency::parse(row.currency).value()};
        CHECK(format_money(money, Language::vi) == row.vi);
        CHECK(format_money(money, Language::en) == row.en);
    }
}

TEST_CASE("Uuid: random ones are version 4, of one form and different") {
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
        const std::string id = random_uuid();
        REQUIRE(is_uuid(id));
        CHECK(id.find_first_of("ABCDEF") == std::string::npos);
        CHECK(id[14] == '4');
        CHECK("89ab"sv.find(id[19]) != std::string_view::npos);
        seen.insert(id);
    }
    CHECK(seen.size() == 500);
}

TEST_CASE("Uuid: a derived one is the same for ever, and space and name do not run together") {
    // SHA-256 of "outbox", a zero byte and "p1:PaymentCompleted" begins 9bd038fc...: computed by sha256sum.
    CHECK(derived_uuid("outbox", "p1:PaymentCompleted") == "9bd038fc-5451-8b3c-8cb4-967ab9644e63");
    CHECK(derived_uuid("outbox", "x") == derived_uuid("outbox", "x"));
    CHECK(derived_uuid("outbox", "x") != derived_uuid("outboxx", ""));
    CHECK(derived_uuid("ab", "c") != derived_uuid("a", "bc"));
    CHECK(is_uuid(derived_uuid("", "")));
    for (int i = 0; i < 50; ++i) {
        const std::string id = derived_uuid("space", std::to_string(i));
        CHECK(id[14] == '8');
        CHECK("89ab"sv.find(id[19]) != std::string_view::npos);
    }
}

TEST_CASE("Uuid: the form is checked to the last character") {
    const auto good = "01234567-89ab-4cde-8f01-23456789abcd"s;
    CHECK(is_uuid(good));
    CHECK(is_uuid("01234567-89AB-4CDE-8F01-23456789ABCD"));
    CHECK(!is_uuid(""));
    CHECK(!is_uuid(good + "0"));
    CHECK(!is_uuid(good.substr(1)));
    CHECK(!is_uuid("{" + good.substr(1)));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char other : {'g', '-', '0', '\0', ' ', '/', ':', '@', '`', 'G'}) {
            std::string changed = good;
            changed[i] = other;
            const bool still = good[i] == '-' ? other == '-' : other == '0';
            CHECK(is_uuid(changed) == still);
        }
    }
}

TEST_CASE("Secret: compared by content, shared by copies, and empty only when made so") {
    const Secret a("fake-key-1"), b("fake-key-1"), c("fake-key-2"), longer("fake-key-12");
    CHECK(a == b);
    CHECK(!(a == c));
    CHECK(!(a == longer));
    CHECK(!(a == Secret()));
    CHECK(Secret() == Secret(""));
    CHECK(Secret("").empty());
    CHECK(!a.empty());
    CHECK(a.expose() == "fake-key-1");
    CHECK(Secret("x\0y"sv).expose() == "x\0y"sv);
    Secret copy = a;
    CHECK(copy.expose().data() == a.expose().data());
    copy = c;
    CHECK(copy == c);
    CHECK(a.expose() == "fake-key-1");
    Secret moved = std::move(copy);
    CHECK(moved == c);
    const std::string large(100000, 'k');
    CHECK(Secret(large).expose() == large);
}

TEST_CASE("Secret: its pages are its own, kept out of core dumps, and gone with the last copy") {
    const auto flags_of = [](std::uintptr_t address) -> std::string {
        std::ifstream maps("/proc/self/smaps");
        bool inside = false;
        for (std::string line; std::getline(maps, line);) {
            std::uintptr_t from = 0, to = 0;
            if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = address >= from && address < to;
            if (inside && line.starts_with("VmFlags:")) return line;
        }
        return "unmapped";
    };
    if (!std::ifstream("/proc/self/smaps")) return;
    std::uintptr_t address = 0;
    {
        const Secret secret("fake-key-1");
        const Secret copy = secret;
        address = reinterpret_cast<std::uintptr_t>(secret.expose().data());
        CHECK(flags_of(address).find(" dd") != std::string::npos);  // MADV_DONTDUMP
    }
    const std::string after = flags_of(address);  // the pages may have a new owner already
    CHECK(after.find(" dd") == std::string::npos);
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view> && !std::is_convertible_v<std::string_view, Secret>);

TEST_CASE("Gateway: names go both ways, and an unknown one is told the known") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < gateway_count; ++i) {
        const auto gateway = static_cast<Gateway>(i);
        names.insert(to_string(gateway));
        CHECK(parse_gateway(to_string(gateway)).value() == gateway);
    }
    CHECK(names == std::set<std::string_view>{"zalopay", "payos", "vnpay", "stripe", "stripe-eventbridge", "momo",
                                              "standard-webhooks"});
    for (const std::string_view name : {""sv, "ZaloPay"sv, "stripe "sv, "unknown"sv, "momo\0"sv}) {
        const auto gateway = parse_gateway(name);
        REQUIRE(!gateway.has_value());
        CHECK(gateway.error().code == Errc::invalid_argument);
        CHECK(gateway.error().detail_text().find("stripe-eventbridge") != std::string_view::npos);
    }
    CHECK(to_string(NotifiedStatus::succeeded) == "succeeded");
    CHECK(to_string(NotifiedStatus::ignored) == "ignored");
}

namespace {

class Recorder final : public Observer {
public:
    using Observer::log;
    void log(const LogRecord& record) override {
        lines.push_back(std::string(to_string(record.severity)) + " " + std::string(record.event) + " " +
                        std::string(record.message) + " " + std::to_string(record.fields.size()));
        for (const Field& field : record.fields) lines.back() += " " + std::string(field.name);
    }
    void metric(const MetricSample& sample) override {
        lines.push_back(std::string(sample.name) + " " + std::to_string(static_cast<int>(sample.kind)) + " " +
                        std::to_string(static_cast<int>(sample.value * 10)));
        for (const Label& label : sample.labels)
            lines.back() += " " + std::string(label.name) + "=" + std::string(label.value);
    }
    std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("Observer: the shorthands say what the long forms would") {
    Recorder recorder;
    recorder.log(Severity::alert, "payment.mismatch", "Amounts differ.",
                 {{"payment", "p1"sv}, {"expected", std::int64_t{5}}});
    recorder.log(Severity::debug, "x.y", "");
    recorder.count("a_total", {{"gateway", "momo"}, {"outcome", "applied"}});
    recorder.count("b_total", {}, 3);
    recorder.gauge("c_rows", 2.5, {{"k", "v"}});
    recorder.observe("d_seconds", 0.5);
    CHECK(recorder.lines == std::vector<std::string>{"alert payment.mismatch Amounts differ. 2 payment expected",
                                                     "debug x.y  0", "a_total 0 10 gateway=momo outcome=applied",
                                                     "b_total 0 30", "c_rows 1 25 k=v", "d_seconds 2 5"});
    Observer::none().log(Severity::error, "x.y", "nobody hears");
    Observer::none().count("nothing_total");
    CHECK(&Observer::none() == &Observer::none());
}
