#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle {

std::string_view to_string(Reason reason) noexcept {
    switch (reason) {
        case Reason::missing_signature:
            return "missing_signature";
        case Reason::bad_signature:
            return "bad_signature";
        case Reason::malformed_body:
            return "malformed_body";
        case Reason::malformed_header:
            return "malformed_header";
        case Reason::duplicate_key:
            return "duplicate_key";
        case Reason::missing_field:
            return "missing_field";
        case Reason::bad_amount:
            return "bad_amount";
        case Reason::bad_order_code:
            return "bad_order_code";
        case Reason::unsupported_type:
            return "unsupported_type";
        case Reason::unsupported_value:
            return "unsupported_value";
        case Reason::account_mismatch:
            return "account_mismatch";
        case Reason::untrusted_source:
            return "untrusted_source";
        case Reason::timestamp_expired:
            return "timestamp_expired";
        case Reason::timestamp_future:
            return "timestamp_future";
        case Reason::config_error:
            return "config_error";
    }
    return "unknown";
}

Errc to_errc(Reason reason) noexcept {
    switch (reason) {
        case Reason::malformed_body:
        case Reason::malformed_header:
        case Reason::duplicate_key:
        case Reason::missing_field:
        case Reason::bad_amount:
        case Reason::bad_order_code:
            return Errc::malformed;
        case Reason::unsupported_type:
        case Reason::unsupported_value:
            return Errc::unsupported;
        case Reason::config_error:
            return Errc::invalid_argument;
        // Another application's account: genuine for somebody, not for us.
        case Reason::account_mismatch:
        case Reason::missing_signature:
        case Reason::bad_signature:
        case Reason::untrusted_source:
        case Reason::timestamp_expired:
        case Reason::timestamp_future:
            return Errc::unauthentic;
    }
    return Errc::internal;
}

void throw_exception_from_error(const Rejection& rejection, const boost::source_location& /*where*/) {
    std::string text = "no verdict: ";
    text.append(to_string(rejection.reason)).append(": ").append(rejection.detail);
    throw BadResultAccess(text);
}

}  // namespace ticketbottle
