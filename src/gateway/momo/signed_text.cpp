#include "gateway/momo/signed_text.hpp"

#include <algorithm>

#include "gateway/momo/outcome.hpp"

namespace ticketbottle::momo {

namespace {

using gateway::reject;

/// Does `message` hold "&orderId=<an order id>&orderInfo="? Then the text could also be cut there.
[[nodiscard]] bool holds_order_id(std::string_view message) noexcept {
    static constexpr std::string_view marker = "&orderId=";
    for (std::size_t at = message.find(marker); at != std::string_view::npos; at = message.find(marker, at + 1)) {
        const std::string_view rest = message.substr(at + marker.size());
        const std::size_t end = std::min(rest.find('&'), rest.size());
        if (is_order_id(rest.substr(0, end)) && rest.substr(end).starts_with("&orderInfo=")) {
            return true;
        }
    }
    return false;
}

}  // namespace

gateway::Checked<std::string> signed_text(const Members& members, std::string_view access_key) {
    std::string text;
    text.reserve(512);
    text.append("accessKey=").append(access_key);
    for (std::size_t i = 0; i < signed_members.size(); ++i) {
        const std::string_view name = signed_members[i];
        const json::Value member = members[static_cast<Member>(i)];
        if (!member || member.is(json::Kind::null)) {
            return reject(Reason::missing_field, name, "missing");
        }
        if (!member.is(json::Kind::string) && !member.is(json::Kind::number)) {
            return reject(name == "amount" ? Reason::bad_amount : Reason::malformed_body, name,
                          "neither a string nor a number");
        }
        text.append("&").append(name).append("=").append(member.text());
    }
    return text;
}

// Between "accessKey=" and "&message=" stand our own access key, digits, and base64. From "&orderType=" to the end
// nothing may hold '&', so that part is cut from the right in one way. Left over are the free texts message and
// orderInfo with "&orderId=...&orderInfo=" between them: its first occurrence is the cut, and message holds no earlier
// one.
std::optional<Rejection> check_cut(const Members& members) {
    for (const Member member : {Member::order_type, Member::pay_type, Member::partner_code}) {
        if (members[member].text().find_first_of("&=") != std::string_view::npos) {
            return reject(Reason::unsupported_value, Members::name(member), "holds '&' or '='");
        }
    }
    for (const Member member : {Member::request_id, Member::extra_data}) {
        if (members[member].text().find('&') != std::string_view::npos) {
            return reject(Reason::unsupported_value, Members::name(member), "holds '&'");
        }
    }
    if (holds_order_id(members[Member::message].text())) {
        return reject(Reason::unsupported_value, "message", "holds another order's id");
    }
    return std::nullopt;
}

}  // namespace ticketbottle::momo
