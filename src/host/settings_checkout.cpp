// Who may buy through `serve`, and how.

#include <algorithm>

#include "host/api_base.hpp"
#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

// What the checkout component takes.
constexpr std::size_t origins_max = 32;
constexpr std::int64_t quantity_max = 1000;
constexpr std::int64_t minutes_min = 31;  // Stripe's half hour, and a minute for clocks that differ
constexpr std::int64_t minutes_max = 24 * 60 - 1;
constexpr std::size_t token_bytes_min = 16;

void read_origins(SettingsReader& reader, std::vector<std::string>& origins) {
    constexpr std::string_view name = "TICKETBOTTLE_CHECKOUT_ORIGINS";
    constexpr std::string_view example = "https://shop.example.com,https://www.example.com";
    std::string text;
    reader.text(name, example, text);
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        origins.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    if (origins.size() > origins_max || !std::ranges::all_of(origins, is_web_origin))
        reader.problem(name,
                       "is not 1 to 32 of https://host[:port], in lower case, without a path or '/' at the end (http only to this "
                       "machine)",
                       example);
}

void read_token(SettingsReader& reader, Secret& token) {
    constexpr std::string_view name = "TICKETBOTTLE_CHECK_IN_TOKEN";
    constexpr std::string_view example = "<16 or more random letters and digits>";
    token = reader.key(name, example);
    const std::string_view text = token.expose();
    const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    if (!text.empty() && (text.size() < token_bytes_min || !visible))
        reader.problem(name, "is shorter than 16 bytes, or holds something else than visible ASCII characters", example);
}

}  // namespace

void read_checkout(SettingsReader& reader, Settings& settings) {
    if (!reader.whole("checkout", {"TICKETBOTTLE_CHECKOUT_ORIGINS"},
                      {"TICKETBOTTLE_CHECKOUT_QUANTITY", "TICKETBOTTLE_CHECKOUT_MINUTES", "TICKETBOTTLE_CHECK_IN_TOKEN"}))
        return;
    // Both are set for other ends too, so only their absence is a problem.
    (void)reader.whole("checkout", {"TICKETBOTTLE_CHECKOUT_ORIGINS", "DB_HOST", "STRIPE_SECRET_KEY"});
    CheckoutSettings checkout;
    read_origins(reader, checkout.origins);
    if (const auto quantity = reader.number("TICKETBOTTLE_CHECKOUT_QUANTITY", 1, quantity_max, "10"))
        checkout.quantity_max = static_cast<std::uint32_t>(*quantity);
    if (const auto minutes = reader.number("TICKETBOTTLE_CHECKOUT_MINUTES", minutes_min, minutes_max, "35"))
        checkout.session_life = std::chrono::minutes(*minutes);
    read_token(reader, checkout.check_in_token);
    settings.checkout = std::move(checkout);
}

}  // namespace ticketbottle::host
