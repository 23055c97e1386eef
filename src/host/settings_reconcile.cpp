// When gateways are asked about payments, and where.

#include "host/api_base.hpp"
#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::int64_t minutes_max = 7 * 24 * 60;
constexpr std::int64_t give_up_days_max = 365;

}  // namespace

void read_api_base(SettingsReader& reader, std::string_view name, std::string_view example, std::string& into) {
    const std::string* value = reader.find(name);
    if (value == nullptr) return;
    if (!is_api_base(*value))
        return reader.problem(
            name, "is not https://host[:port][/path] without '/' at the end (http only to this machine)", example);
    into = *value;
}

void read_reconcile(SettingsReader& reader, Settings& settings) {
    reader.choice<Reconciling>("TICKETBOTTLE_RECONCILE", {{"on", Reconciling::on}, {"off", Reconciling::off}},
                               settings.reconciling);
    reconcile::ReconcilerOptions& options = settings.reconcile;
    if (const auto minutes = reader.number("TICKETBOTTLE_RECONCILE_AFTER", 1, minutes_max, "15"))
        options.ask_after = std::chrono::minutes(*minutes);
    if (const auto days = reader.number("TICKETBOTTLE_RECONCILE_GIVE_UP", 1, give_up_days_max, "7"))
        options.give_up_after = std::chrono::hours(*days * 24);
    if (options.give_up_after <= options.ask_after)
        reader.problem("TICKETBOTTLE_RECONCILE_GIVE_UP", "is not above TICKETBOTTLE_RECONCILE_AFTER", "30");
}

}  // namespace ticketbottle::host
