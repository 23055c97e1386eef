#include "order_names.hpp"

#include <cctype>
#include <chrono>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/payment/rules.hpp>

namespace program {

using namespace ticketbottle;

namespace {

/// 32 hex digits.
std::string plain_uuid(std::string_view space, std::string_view name) {
    std::string text = derived_uuid(space, name);
    std::erase(text, '-');
    return text;
}

/// "20251121", on the gateways' own calendar: GMT+7.
std::string vietnam_date(TimePoint now) {
    std::string text = to_iso8601(now + std::chrono::hours(7)).substr(0, 10);
    std::erase(text, '-');
    return text;
}

}  // namespace

Result<OrderNames> names_of_order(Gateway gateway, const std::string& order_code, const std::string& link,
                                  PayosNumber rule, TimePoint now) {
    switch (gateway) {
        case Gateway::zalopay: {
            const std::string name = vietnam_date(now).substr(2) + "_" + order_code;
            return OrderNames{name, "", name};
        }
        case Gateway::payos: {
            const auto number = payment::payos_number(order_code, rule);
            if (!number)
                return fail(Errc::invalid_argument, "program.names",
                            "no payOS number follows from this order code; use one like TB-DEMO-20251121-8D39986M "
                            "(TICKETBOTTLE_PAYOS_NUMBER)");
            const std::string id = link.empty() ? plain_uuid("program.payos_link", order_code) : link;
            return OrderNames{std::to_string(*number), id, id};
        }
        case Gateway::stripe:
        case Gateway::stripe_eventbridge: {
            const std::string id = link.empty() ? "cs_test_" + plain_uuid("program.stripe_session", order_code) : link;
            return OrderNames{order_code, id, id};
        }
        case Gateway::vnpay:
        case Gateway::momo:
        case Gateway::standard_webhooks:
            break;
    }
    return OrderNames{order_code, "", order_code};
}

std::string new_order_code(TimePoint now) {
    std::string random = random_uuid().substr(0, 8);
    for (char& c : random) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return "TB-DEMO-" + vietnam_date(now) + "-" + random;
}

std::string digits_of(std::string_view text) {
    std::string digits = "1";  // never zero, and never a leading zero
    for (const char c : plain_uuid("program.transaction", text)) {
        const int value = c <= '9' ? c - '0' : c - 'a' + 10;
        digits += static_cast<char>('0' + value % 10);
        if (digits.size() == 18) break;
    }
    return digits;
}

}  // namespace program
