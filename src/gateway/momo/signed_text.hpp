#pragma once
/// \file
/// The text a MoMo IPN's signature is over, and the rules that let it be cut into fields in one way only. Internal.

#include <array>
#include <string>
#include <string_view>

#include "gateway/fields.hpp"

namespace ticketbottle::momo {

/// The signed members of the body, in the order they are signed; accessKey comes before them.
inline constexpr std::array<std::string_view, 12> signed_members{"amount",    "extraData",    "message",     "orderId",
                                                                 "orderInfo", "orderType",    "partnerCode", "payType",
                                                                 "requestId", "responseTime", "resultCode",  "transId"};

/// "accessKey=...&amount=...": strings as they are, numbers by their token, nothing escaped.
/// missing_field if a member is absent or null; malformed_body (amount: bad_amount) if one is neither string nor
/// number.
[[nodiscard]] gateway::Checked<std::string> signed_text(json::Value body, std::string_view access_key);

/// The text has no escaping, so whoever holds one signed body might cut it elsewhere and aim it at another order.
/// nullopt if the fields are the only ones that give their text. Every member must have passed its type check, and
/// orderId its pattern. Else unsupported_value.
[[nodiscard]] std::optional<Rejection> check_cut(json::Value body);

}  // namespace ticketbottle::momo
