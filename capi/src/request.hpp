#pragma once
/// \file
/// Requests across the C boundary.

#include "guard.hpp"

namespace ticketbottle::capi {

[[nodiscard]] Result<Request> to_request(const tkb_request* given, std::string_view operation);
[[nodiscard]] std::unique_ptr<tkb_owned_request> own(Request request);

}  // namespace ticketbottle::capi
