#include "guard.hpp"

#include <charconv>
#include <functional>
#include <map>

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {

constexpr std::string_view operation = "gateways.set";

using Setter = std::function<Result<void>(Gateways&, std::string_view value)>;

template <class Config>
Config& configured(std::optional<Config>& config) {
    return config ? *config : config.emplace();
}

/// The setter of a text, number, secret, list of secrets or list of texts: `pick` finds the member.
template <class Pick>
Setter to(Pick pick) {
    return [pick](Gateways& gateways, std::string_view value) -> Result<void> {
        auto& member = pick(gateways);
        using Member = std::remove_reference_t<decltype(member)>;
        if constexpr (std::is_same_v<Member, std::int64_t>) {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), member);
            if (error != std::errc() || end != value.data() + value.size()) return fail(Errc::invalid_argument, operation, "not a number");
        } else if constexpr (std::is_same_v<Member, Secrets>) {
            member.push_back(Secret(value));
        } else if constexpr (std::is_same_v<Member, std::vector<std::string>>) {
            member.emplace_back(value);
        } else {
            member = Member(value);
        }
        return {};
    };
}

/// The setter of a choice between two words.
template <class Choice, class Pick>
Setter choice(std::string_view first_word, Choice first, std::string_view second_word, Choice second, Pick pick) {
    return [=](Gateways& gateways, std::string_view value) -> Result<void> {
        if (value != first_word && value != second_word)
            return fail(Errc::invalid_argument, operation, "must be " + std::string(first_word) + " or " + std::string(second_word));
        pick(gateways) = value == first_word ? first : second;
        return {};
    };
}

// Each setting by gateway and name: the list in c/gateway.h.
const std::map<std::pair<Gateway, std::string_view>, Setter>& setters() {
    static const std::map<std::pair<Gateway, std::string_view>, Setter> table = {
        {{Gateway::zalopay, "app_id"}, to([](Gateways& g) -> auto& { return configured(g.zalopay).app_id; })},
        {{Gateway::zalopay, "key1"}, to([](Gateways& g) -> auto& { return configured(g.zalopay).key1; })},
        {{Gateway::zalopay, "key2"}, to([](Gateways& g) -> auto& { return configured(g.zalopay).key2; })},
        {{Gateway::zalopay, "api_base"}, to([](Gateways& g) -> auto& { return configured(g.zalopay).api_base; })},
        {{Gateway::payos, "client_id"}, to([](Gateways& g) -> auto& { return configured(g.payos).client_id; })},
        {{Gateway::payos, "api_key"}, to([](Gateways& g) -> auto& { return configured(g.payos).api_key; })},
        {{Gateway::payos, "checksum_key"}, to([](Gateways& g) -> auto& { return configured(g.payos).checksum_keys; })},
        {{Gateway::payos, "api_base"}, to([](Gateways& g) -> auto& { return configured(g.payos).api_base; })},
        {{Gateway::vnpay, "tmn_code"}, to([](Gateways& g) -> auto& { return configured(g.vnpay).tmn_code; })},
        {{Gateway::vnpay, "hash_secret"}, to([](Gateways& g) -> auto& { return configured(g.vnpay).hash_secrets; })},
        {{Gateway::vnpay, "api_base"}, to([](Gateways& g) -> auto& { return configured(g.vnpay).api_base; })},
        {{Gateway::stripe, "endpoint_secret"}, to([](Gateways& g) -> auto& { return configured(g.stripe).endpoint_secrets; })},
        {{Gateway::stripe, "mode"}, choice("test", stripe::Mode::test, "live", stripe::Mode::live,
                                           [](Gateways& g) -> auto& { return configured(g.stripe).mode; })},
        {{Gateway::stripe, "api_key"}, to([](Gateways& g) -> auto& { return configured(g.stripe).api_key; })},
        {{Gateway::stripe, "api_base"}, to([](Gateways& g) -> auto& { return configured(g.stripe).api_base; })},
        {{Gateway::stripe_eventbridge, "source"}, to([](Gateways& g) -> auto& { return configured(g.stripe_eventbridge).sources; })},
        {{Gateway::stripe_eventbridge, "account"}, to([](Gateways& g) -> auto& { return configured(g.stripe_eventbridge).account; })},
        {{Gateway::stripe_eventbridge, "mode"}, choice("test", stripe::Mode::test, "live", stripe::Mode::live,
                                                       [](Gateways& g) -> auto& { return configured(g.stripe_eventbridge).mode; })},
        {{Gateway::stripe_eventbridge, "partial_detail"},
         choice("refuse", stripe::PartialDetail::refuse, "accept", stripe::PartialDetail::accept,
                [](Gateways& g) -> auto& { return configured(g.stripe_eventbridge).partial_detail; })},
        {{Gateway::momo, "partner_code"}, to([](Gateways& g) -> auto& { return configured(g.momo).partner_code; })},
        {{Gateway::momo, "access_key"}, to([](Gateways& g) -> auto& { return configured(g.momo).access_key; })},
        {{Gateway::momo, "secret_key"}, to([](Gateways& g) -> auto& { return configured(g.momo).secret_keys; })},
        {{Gateway::momo, "authorised"}, choice("pending", momo::Authorised::pending, "succeeded", momo::Authorised::succeeded,
                                               [](Gateways& g) -> auto& { return configured(g.momo).authorised; })},
        {{Gateway::momo, "api_base"}, to([](Gateways& g) -> auto& { return configured(g.momo).api_base; })},
        {{Gateway::standard_webhooks, "secret"}, to([](Gateways& g) -> auto& { return configured(g.standard_webhooks).secrets; })},
    };
    return table;
}

}  // namespace

tkb_status tkb_gateways_create(tkb_gateways** gateways_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(gateways_out, "gateways.create", "gateways_out"));
        *gateways_out = nullptr;
        *gateways_out = new tkb_gateways;
        return {};
    });
}
void tkb_gateways_destroy(tkb_gateways* gateways) { delete gateways; }

tkb_status tkb_gateways_set(tkb_gateways* gateways, tkb_gateway gateway, tkb_bytes name, tkb_bytes value, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(gateways, operation, "gateways"));
        TKB_TRY(require(name, operation, "name"));
        TKB_TRY(require(value, operation, "value"));
        if (gateway >= gateway_count) return fail(Errc::invalid_argument, operation, "no gateway has the number " + std::to_string(gateway));
        const auto found = setters().find({static_cast<Gateway>(gateway), view(name)});
        if (found == setters().end())
            return fail(Errc::invalid_argument, operation, std::string(to_string(static_cast<Gateway>(gateway))) + " has no such setting");
        const std::string setting = std::string(to_string(static_cast<Gateway>(gateway))) + "." + std::string(found->first.second);
        if (value.size == 0) return fail(Errc::invalid_argument, operation, setting + " is empty");
        if (const auto set = found->second(gateways->gateways, view(value)); !set.has_value())
            return fail(Errc::invalid_argument, operation, setting + ": " + std::string(set.error().detail_text()));
        return {};
    });
}
