// The gateways' keys. A gateway is configured when its variables are set; half of them is an error, never a guess.

#include <openssl/crypto.h>

#include <algorithm>

#include "core/crypto.hpp"
#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

// What the verifiers take.
constexpr std::size_t gateway_keys_max = 4;
constexpr std::size_t standard_webhooks_keys_max = 8;

bool all_start_with(const Secrets& keys, std::string_view prefix) {
    return std::ranges::all_of(keys, [&](const Secret& key) { return key.expose().starts_with(prefix); });
}

void read_zalopay(SettingsReader& reader, Gateways& gateways) {
    if (!reader.whole("ZaloPay", {"ZALOPAY_APP_ID", "ZALOPAY_KEY2"},
                      {"ZALOPAY_KEY1", "TICKETBOTTLE_ZALOPAY_API_BASE"}))
        return;
    zalopay::Config config;
    config.app_id = reader.number("ZALOPAY_APP_ID", 1, INT32_MAX, "2553").value_or(0);
    config.key1 = reader.key("ZALOPAY_KEY1", "<key 1 of your ZaloPay application>");
    config.key2 = reader.keys("ZALOPAY_KEY2", gateway_keys_max, "<key 2 of your ZaloPay application>");
    read_api_base(reader, "TICKETBOTTLE_ZALOPAY_API_BASE", "https://sb-openapi.zalopay.vn", config.api_base);
    gateways.zalopay = std::move(config);
}

void read_payos(SettingsReader& reader, Gateways& gateways) {
    if (!reader.whole("payOS", {"PAYOS_CHECKSUM_KEY"},
                      {"PAYOS_CLIENT_ID", "PAYOS_API_KEY", "TICKETBOTTLE_PAYOS_API_BASE"}))
        return;
    if (reader.has("PAYOS_CLIENT_ID") != reader.has("PAYOS_API_KEY"))
        (void)reader.whole("asking payOS", {"PAYOS_CLIENT_ID", "PAYOS_API_KEY"});
    payos::Config config;
    config.checksum_keys = reader.keys("PAYOS_CHECKSUM_KEY", gateway_keys_max, "<checksum key of your payOS channel>");
    reader.text("PAYOS_CLIENT_ID", "<client id of your payOS channel>", config.client_id);
    config.api_key = reader.key("PAYOS_API_KEY", "<API key of your payOS channel>");
    read_api_base(reader, "TICKETBOTTLE_PAYOS_API_BASE", "https://api-merchant.payos.vn", config.api_base);
    gateways.payos = std::move(config);
}

void read_vnpay(SettingsReader& reader, Gateways& gateways) {
    if (!reader.whole("VNPay", {"VNPAY_TMN_CODE", "VNPAY_HASH_SECRET"}, {"TICKETBOTTLE_VNPAY_API_BASE"})) return;
    vnpay::Config config;
    reader.text("VNPAY_TMN_CODE", "DEMO0001", config.tmn_code);
    config.hash_secrets = reader.keys("VNPAY_HASH_SECRET", gateway_keys_max, "<hash secret of your VNPay terminal>");
    read_api_base(reader, "TICKETBOTTLE_VNPAY_API_BASE", "https://sandbox.vnpayment.vn", config.api_base);
    gateways.vnpay = std::move(config);
}

std::optional<stripe::Mode> read_stripe_mode(SettingsReader& reader) {
    if (!reader.has("TICKETBOTTLE_STRIPE_MODE")) return std::nullopt;
    stripe::Mode mode = stripe::Mode::live;
    reader.choice<stripe::Mode>("TICKETBOTTLE_STRIPE_MODE",
                                {{"live", stripe::Mode::live}, {"test", stripe::Mode::test}}, mode);
    return mode;
}

void read_stripe(SettingsReader& reader, Gateways& gateways) {
    const bool queries_only = reader.has("STRIPE_SECRET_KEY") && reader.has("STRIPE_EVENTBRIDGE_SOURCE");
    if (!queries_only && !reader.whole("Stripe", {"STRIPE_WEBHOOK_SECRET"},
                                       {"STRIPE_SECRET_KEY", "TICKETBOTTLE_STRIPE_API_BASE"}))
        return;
    stripe::Config config;
    config.endpoint_secrets =
        reader.keys("STRIPE_WEBHOOK_SECRET", gateway_keys_max, "whsec_<signing secret of your endpoint>");
    if (!all_start_with(config.endpoint_secrets, "whsec_"))
        reader.problem("STRIPE_WEBHOOK_SECRET",
                       "does not begin with whsec_: it is the endpoint's signing secret, not the API key",
                       "whsec_<signing secret of your endpoint>");
    config.api_key = reader.key("STRIPE_SECRET_KEY", "sk_<API key>");
    if (!config.api_key.empty() && !config.api_key.expose().starts_with("sk_") &&
        !config.api_key.expose().starts_with("rk_"))
        reader.problem("STRIPE_SECRET_KEY", "does not begin with sk_ or rk_", "sk_<API key>");
    config.mode = read_stripe_mode(reader);
    read_api_base(reader, "TICKETBOTTLE_STRIPE_API_BASE", "https://api.stripe.com", config.api_base);
    gateways.stripe = std::move(config);
}

void read_stripe_eventbridge(SettingsReader& reader, Gateways& gateways) {
    if (!reader.whole("Stripe by EventBridge", {"STRIPE_EVENTBRIDGE_SOURCE", "STRIPE_EVENTBRIDGE_ACCOUNT"})) return;
    constexpr std::string_view example = "aws.partner/stripe.com/ed_0000";
    stripe::EventBridgeConfig config;
    std::string sources;
    reader.text("STRIPE_EVENTBRIDGE_SOURCE", example, sources);
    for (std::size_t begin = 0; begin <= sources.size();) {
        const std::size_t end = std::min(sources.find(',', begin), sources.size());
        config.sources.push_back(sources.substr(begin, end - begin));
        begin = end + 1;
    }
    if (std::ranges::any_of(config.sources, &std::string::empty))
        reader.problem("STRIPE_EVENTBRIDGE_SOURCE", "has an empty source", example);
    reader.text("STRIPE_EVENTBRIDGE_ACCOUNT", "123456789012", config.account);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (config.account.size() != 12 || !std::ranges::all_of(config.account, digit))
        reader.problem("STRIPE_EVENTBRIDGE_ACCOUNT", "is not an AWS account number of 12 digits", "123456789012");
    config.mode = read_stripe_mode(reader);
    reader.choice<stripe::PartialDetail>(
        "TICKETBOTTLE_STRIPE_PARTIAL_DETAIL",
        {{"refuse", stripe::PartialDetail::refuse}, {"accept", stripe::PartialDetail::accept}}, config.partial_detail);
    gateways.stripe_eventbridge = std::move(config);
}

void read_momo(SettingsReader& reader, Gateways& gateways) {
    if (!reader.whole("MoMo", {"MOMO_PARTNER_CODE", "MOMO_ACCESS_KEY", "MOMO_SECRET_KEY"},
                      {"TICKETBOTTLE_MOMO_API_BASE"}))
        return;
    momo::Config config;
    reader.text("MOMO_PARTNER_CODE", "<your partner code>", config.partner_code);
    reader.text("MOMO_ACCESS_KEY", "<your access key>", config.access_key);
    config.secret_keys = reader.keys("MOMO_SECRET_KEY", gateway_keys_max, "<your secret key>");
    reader.choice<momo::Authorised>(
        "TICKETBOTTLE_MOMO_AUTHORISED",
        {{"pending", momo::Authorised::pending}, {"succeeded", momo::Authorised::succeeded}}, config.authorised);
    read_api_base(reader, "TICKETBOTTLE_MOMO_API_BASE", "https://test-payment.momo.vn", config.api_base);
    gateways.momo = std::move(config);
}

/// whsec_, whpk_ or whsk_ with base64 of the right length, or base64 alone.
bool is_standard_webhooks_key(std::string_view key) {
    std::size_t least = 24;
    std::size_t most = 64;
    bool seed = false;
    if (key.starts_with("whpk_"))
        least = most = 32;
    else if (key.starts_with("whsk_"))
        seed = true;
    if (key.starts_with("whsec_"))
        key.remove_prefix(6);
    else if (seed || least == most)
        key.remove_prefix(5);
    auto bytes = crypto::base64_decode(key);
    if (!bytes) return false;
    const std::size_t size = bytes->size();
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return seed ? size == 32 || size == 64 : size >= least && size <= most;
}

void read_standard_webhooks(SettingsReader& reader, Gateways& gateways) {
    constexpr std::string_view name = "STANDARD_WEBHOOKS_SECRET";
    constexpr std::string_view example = "whsec_<base64 of 24 to 64 bytes>";
    if (!reader.has(name)) return;
    standard_webhooks::Config config{reader.keys(name, standard_webhooks_keys_max, example)};
    if (!std::ranges::all_of(config.secrets, [](const Secret& key) { return is_standard_webhooks_key(key.expose()); }))
        reader.problem(name, "has a key that is not whsec_, whpk_ or whsk_ with base64 of its length", example);
    gateways.standard_webhooks = std::move(config);
}

}  // namespace

void read_gateways(SettingsReader& reader, Gateways& gateways) {
    read_zalopay(reader, gateways);
    read_payos(reader, gateways);
    read_vnpay(reader, gateways);
    read_stripe(reader, gateways);
    read_stripe_eventbridge(reader, gateways);
    read_momo(reader, gateways);
    read_standard_webhooks(reader, gateways);
}

}  // namespace ticketbottle::host
