#pragma once
/// \file
/// The text a MoMo IPN's signature is over, and the rules that let it be cut into fields in one way only. Internal.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/fields.hpp"

namespace ticketbottle::momo {

/// The signed members of the body, in the order they are signed; accessKey comes before them.
inline constexpr std::array<std::string_view, 12> signed_members{"amount",    "extraData",    "message",     "orderId",
                                                                 "orderInfo", "orderType",    "partnerCode", "payType",
                                                                 "requestId", "responseTime", "resultCode",  "transId"};

/// A place in signed_members.
enum class Member : std::uint8_t {
    amount,
    extra_data,
    message,
    order_id,
    order_info,
    order_type,
    partner_code,
    pay_type,
    request_id,
    response_time,
    result_code,
    trans_id,
};

/// The signed members of a body, each looked up once. Lives as long as its document.
class Members {
public:
    /// From what is no object all are nowhere. Implicit: it is the body, looked at in one way.
    Members(json::Value body) {
        for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = body[signed_members[i]];
    }
    [[nodiscard]] json::Value operator[](Member member) const noexcept { return values_[static_cast<std::size_t>(member)]; }
    [[nodiscard]] static std::string_view name(Member member) noexcept {
        return signed_members[static_cast<std::size_t>(member)];
    }

private:
    std::array<json::Value, signed_members.size()> values_;
};

/// "accessKey=...&amount=...": strings as they are, numbers by their token, nothing escaped.
/// missing_field if a member is absent or null; malformed_body (amount: bad_amount) if one is neither string nor
/// number.
[[nodiscard]] gateway::Checked<std::string> signed_text(const Members& members, std::string_view access_key);

/// The text has no escaping, so whoever holds one signed body might cut it elsewhere and aim it at another order.
/// nullopt if the fields are the only ones that give their text. Every member must have passed its type check, and
/// orderId its pattern. Else unsupported_value.
[[nodiscard]] std::optional<Rejection> check_cut(const Members& members);

}  // namespace ticketbottle::momo
