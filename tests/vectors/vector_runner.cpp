// vector_runner FILE.json [more files]: checks the gateways' verifiers against files of test vectors.
// Format: docs/gateways/vectors.md. Exit status: 0 agreed, 1 a `must` or `should` vector disagreed, 2 usage or a bad
// file.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <ticketbottle/gateway/gateways.hpp>
#include <vector>

#include "core/crypto.hpp"
#include "core/json.hpp"

namespace {

using namespace ticketbottle;
using json::Kind;
using json::Value;

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;

enum class Strictness : std::uint8_t { must, should, either };
constexpr std::array<std::string_view, 3> strictness_names{"must", "should", "either"};

struct Tally {
    std::array<std::size_t, 3> passed{};
    std::array<std::size_t, 3> failed{};
};

/// What the vector file says, or the library said, of one request. Unset members are JSON's null.
struct Outcome {
    bool accept = false;
    std::string reason = "ok";
    std::optional<std::string> order_id;
    std::optional<std::string> txn_id;
    std::optional<std::string> event_id;
    std::optional<std::int64_t> amount;
    std::optional<std::string> currency;
    std::optional<std::string> status;
};

struct Vector {
    std::string id;
    Gateway gateway = Gateway::zalopay;
    Strictness strictness = Strictness::must;
    Gateways gateways;
    Request request;
    TimePoint now;
    Outcome expected;
    std::vector<std::string> also_ok_reasons;
};

// ---- Reading a file ----

[[nodiscard]] std::optional<std::string> read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes;
    std::array<char, 65536> block{};
    while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
        bytes.append(block.data(), static_cast<std::size_t>(file.gcount()));
        if (bytes.size() > file_bytes_max) {
            return std::nullopt;
        }
    }
    return file.eof() ? std::optional(std::move(bytes)) : std::nullopt;
}

[[nodiscard]] std::optional<std::string> optional_text(Value value) {
    const auto text = value.as_string();
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

/// A key, or a list of keys.
[[nodiscard]] Secrets secrets_of(Value value) {
    Secrets secrets;
    if (value.is(Kind::string)) {
        secrets.emplace_back(value.text());
    }
    if (value.is(Kind::array)) {
        for (const Value key : value) {
            secrets.emplace_back(key.text());
        }
    }
    return secrets;
}

[[nodiscard]] std::string text_of(Value value) { return std::string(value.text()); }

[[nodiscard]] std::int64_t integer_of(Value value) { return value.as_int64().value_or(0); }

[[nodiscard]] Gateways gateways_of(Gateway gateway, Value secrets) {
    Gateways gateways;
    switch (gateway) {
        case Gateway::zalopay: {
            auto& config = gateways.zalopay.emplace();
            config.app_id = integer_of(secrets["app_id"]);
            config.key1 = Secret(secrets["key1"].text());
            config.key2 = secrets_of(secrets["key2"]);
            break;
        }
        case Gateway::payos:
            gateways.payos.emplace().checksum_keys = secrets_of(secrets["checksum_key"]);
            break;
        case Gateway::vnpay: {
            auto& config = gateways.vnpay.emplace();
            config.tmn_code = text_of(secrets["tmn_code"]);
            config.hash_secrets = secrets_of(secrets["hash_secret"]);
            break;
        }
        case Gateway::stripe:
            gateways.stripe.emplace().endpoint_secrets = secrets_of(secrets["endpoint_secret"]);
            break;
        case Gateway::stripe_eventbridge: {
            auto& config = gateways.stripe_eventbridge.emplace();
            config.account = text_of(secrets["aws_account"]);
            const Value source = secrets["partner_source"];
            if (source.is(Kind::string)) {
                config.sources.push_back(text_of(source));
            }
            for (const Value one : source) {
                config.sources.push_back(text_of(one));
            }
            break;
        }
        case Gateway::momo: {
            auto& config = gateways.momo.emplace();
            config.partner_code = text_of(secrets["partner_code"]);
            config.access_key = text_of(secrets["access_key"]);
            config.secret_keys = secrets_of(secrets["secret_key"]);
            break;
        }
        case Gateway::standard_webhooks:
            gateways.standard_webhooks.emplace().secrets = secrets_of(secrets["secrets"]);
            break;
    }
    return gateways;
}

[[nodiscard]] std::optional<std::string> body_of(Value vector) {
    if (const Value encoded = vector["body_base64"]; encoded.is(Kind::string)) {
        return crypto::base64_decode(encoded.text());
    }
    const Value body = vector["body"];
    return body && !body.is(Kind::null) ? optional_text(body) : std::string();
}

/// nullopt, or what is wrong with the headers.
[[nodiscard]] std::optional<std::string> read_headers(Value headers, Request& request) {
    for (const Value header : headers) {
        const bool list = header.is(Kind::array);
        if (!list && !header.is(Kind::string)) {
            return "headers: a value is not text";
        }
        if (!list) {
            request.headers.push_back({std::string(header.key()), std::string(header.text())});
        }
        for (const Value value : header) {
            request.headers.push_back({std::string(header.key()), std::string(value.text())});
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<Strictness> strictness_of(std::string_view name) {
    for (std::size_t i = 0; i < strictness_names.size(); ++i) {
        if (strictness_names[i] == name) {
            return static_cast<Strictness>(i);
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<std::string> read_expected(Value expect, Vector& out) {
    const auto accept = expect["accept"].as_bool();
    const auto reason = expect["reason"].as_string();
    if (!accept || !reason) {
        return "expect: has no accept or no reason";
    }
    out.expected.accept = *accept;
    out.expected.reason = *reason;
    out.expected.order_id = optional_text(expect["order_id"]);
    out.expected.txn_id = optional_text(expect["txn_id"]);
    out.expected.event_id = optional_text(expect["event_id"]);
    out.expected.amount = expect["amount"].as_int64();
    out.expected.currency = optional_text(expect["currency"]);
    out.expected.status = optional_text(expect["status"]);
    for (const Value also : expect["also_ok_reasons"]) {
        out.also_ok_reasons.emplace_back(also.text());
    }
    return std::nullopt;
}

/// nullopt, or what is wrong with the vector.
[[nodiscard]] std::optional<std::string> read_vector(Value vector, Vector& out) {
    const auto gateway = parse_gateway(vector["gateway"].text());
    if (!gateway.has_value()) {
        return "gateway: unknown";
    }
    const auto strictness = strictness_of(vector["strictness"].text());
    if (!strictness) {
        return "strictness: not must, should or either";
    }
    auto body = body_of(vector);
    if (!body) {
        return "body: not text, or body_base64 not base64";
    }
    const auto now = vector["now"].as_int64();
    if (!now || *now < -62'135'596'800 || *now > 253'402'300'799) {
        return "now: not unix seconds";
    }
    out.gateway = *gateway;
    out.strictness = *strictness;
    out.gateways = gateways_of(*gateway, vector["secrets"]);
    out.request.method = text_of(vector["method"]);
    out.request.path = text_of(vector["path"]);
    out.request.query = text_of(vector["query"]);
    out.request.body = std::move(*body);
    out.now = TimePoint(std::chrono::seconds(*now));
    if (auto bad = read_headers(vector["headers"], out.request)) {
        return bad;
    }
    return read_expected(vector["expect"], out);
}

// ---- Judging ----

[[nodiscard]] std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

[[nodiscard]] Outcome run(const Vector& vector) {
    const Verdict verdict = verify(vector.gateways, vector.gateway, vector.request, vector.now);
    Outcome outcome;
    if (!verdict.has_value()) {
        outcome.reason = to_string(verdict.error().reason);
        return outcome;
    }
    const PaymentNotification& notification = verdict->notification;
    outcome.accept = true;
    outcome.order_id = unless_empty(notification.order_id);
    outcome.txn_id = unless_empty(notification.transaction_id);
    outcome.event_id = unless_empty(notification.event_id);
    outcome.status = to_string(notification.status);
    if (notification.amount) {
        outcome.amount = notification.amount->minor_units;
        outcome.currency = notification.amount->currency.code();
    }
    return outcome;
}

[[nodiscard]] bool agrees(const Vector& vector, const Outcome& got) {
    const Outcome& want = vector.expected;
    if (want.accept != got.accept) {
        return false;
    }
    if (!want.accept) {
        const auto& also = vector.also_ok_reasons;
        return want.reason == got.reason || std::find(also.begin(), also.end(), got.reason) != also.end();
    }
    return want.order_id == got.order_id && want.txn_id == got.txn_id && want.event_id == got.event_id &&
           want.amount == got.amount && want.currency == got.currency && want.status == got.status;
}

[[nodiscard]] std::string shown(const std::optional<std::string>& text) {
    std::string out;
    if (text) {
        json::write_string(*text, out);
        return out;
    }
    return "null";
}

[[nodiscard]] std::string shown(const Outcome& outcome) {
    if (!outcome.accept) {
        return fmt::format("reject {}", outcome.reason);
    }
    return fmt::format("accept order_id={} txn_id={} event_id={} amount={} currency={} status={}",
                       shown(outcome.order_id), shown(outcome.txn_id), shown(outcome.event_id),
                       outcome.amount ? std::to_string(*outcome.amount) : "null", shown(outcome.currency),
                       shown(outcome.status));
}

void judge(const Vector& vector, Tally& tally) {
    const auto index = static_cast<std::size_t>(vector.strictness);
    const Outcome got = run(vector);
    const bool same = agrees(vector, got);
    ++(same ? tally.passed : tally.failed)[index];
    if (!same) {
        fmt::print("{} {}: expected {}; got {}\n", vector.id, strictness_names[index], shown(vector.expected),
                   shown(got));
    }
}

/// False, and a line on stderr, if the file is not one of vectors.
[[nodiscard]] bool run_file(const char* path, Tally& tally) {
    const auto bytes = read_file(path);
    if (!bytes) {
        fmt::print(stderr, "{}: cannot be read, or is over 64 MiB\n", path);
        return false;
    }
    const auto document = json::parse(*bytes, {.bytes_max = file_bytes_max, .depth_max = json_depth_max});
    if (!document.has_value()) {
        fmt::print(stderr, "{}: not JSON: {}\n", path, document.error().text);
        return false;
    }
    const Value root = document->root();
    const Value vectors = root.is(Kind::array) ? root : root["vectors"];
    if (!vectors.is(Kind::array)) {
        fmt::print(stderr, "{}: neither an array nor an object with an array \"vectors\"\n", path);
        return false;
    }
    std::size_t index = 0;
    for (const Value entry : vectors) {
        Vector vector;
        vector.id = entry["id"].is(Kind::string) ? text_of(entry["id"]) : fmt::format("#{}", index);
        if (const auto bad = read_vector(entry, vector)) {
            fmt::print(stderr, "{}: vector {} ({}): {}\n", path, index, shown(vector.id), *bad);
            return false;
        }
        judge(vector, tally);
        ++index;
    }
    return true;
}

[[nodiscard]] int report(const Tally& tally) {
    const auto counted = [](const std::array<std::size_t, 3>& counts) { return counts[0] + counts[1]; };
    fmt::print("{} passed, {} failed\n", counted(tally.passed) + tally.passed[2], counted(tally.failed));
    for (std::size_t i = 0; i < strictness_names.size(); ++i) {
        fmt::print("  {}: {} agreed, {} differed\n", strictness_names[i], tally.passed[i], tally.failed[i]);
    }
    return counted(tally.failed) > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() < 2) {
        fmt::print(stderr, "usage: vector_runner FILE.json [more files]\n");
        return 2;
    }
    Tally tally;
    bool readable = true;
    for (const char* const path : arguments.subspan(1)) {
        readable = run_file(path, tally) && readable;
    }
    const int status = report(tally);
    return readable ? status : 2;
}
