// payOS webhooks and query answers. The input is tried three ways: as a whole body (nobody can sign it with our key, so
// it must be refused), and as `data` that we sign, so that everything behind the signature is reached.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/payos.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"
#include "gateway/payos/canonical_text.hpp"
#include "gateway/payos/payment.hpp"

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const payos::Config& config() {
    static const payos::Config made{
        .checksum_keys = {Secret("fuzz-checksum-key")}, .client_id = "c", .api_key = Secret("k")};
    return made;
}

/// A body around `data`, signed if it has a canonical text; empty otherwise.
std::string signed_body(std::string_view data) {
    const auto document = json::parse(data);
    if (!document.has_value() || !document->root().is(json::Kind::object)) {
        return {};
    }
    const auto text = payos::canonical_text(document->root(), "data");
    if (!text.has_value()) {
        must(text.error().reason == Reason::unsupported_value);
        return {};
    }
    std::string body = R"({"code":"00","data":)";
    body.append(data).append(R"(,"signature":")");
    body.append(crypto::lower_hex(crypto::hmac_sha256("fuzz-checksum-key", {*text}))).append("\"}");
    return body;
}

void check(const Verdict& verdict) {
    if (!verdict.has_value()) {
        must(verdict.error().reason != Reason::bad_signature && verdict.error().reason != Reason::missing_signature);
        return;
    }
    const PaymentNotification& n = verdict->notification;
    must(payos::is_order_code(n.order_id) && payos::is_link_id(n.link_id) && !n.dedup_key.empty());
    must(n.amount && n.amount->minor_units > 0 && n.amount->minor_units <= payos::number_max &&
         n.amount->currency == Currency::vnd());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    must(!payos::verify({.method = "POST", .path = {}, .query = {}, .headers = {}, .body = input}, config())
              .has_value());
    must(!payos::read_answer({}, config(), {.status = 200, .body = input}).has_value());

    const std::string body = signed_body(input);
    if (!body.empty() && body.size() <= callback_body_bytes_max) {
        check(payos::verify({.method = "POST", .path = {}, .query = {}, .headers = {}, .body = body}, config()));
        check(payos::read_answer({}, config(), {.status = 200, .body = body}));
    }
    return 0;
}
