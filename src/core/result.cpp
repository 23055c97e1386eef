#include <ticketbottle/core/result.hpp>
#include <utility>

namespace ticketbottle {

std::string_view to_string(Errc code) noexcept {
    switch (code) {
        case Errc::invalid_argument:
            return "invalid_argument";
        case Errc::malformed:
            return "malformed";
        case Errc::unauthentic:
            return "unauthentic";
        case Errc::conflict:
            return "conflict";
        case Errc::unavailable:
            return "unavailable";
        case Errc::outcome_unknown:
            return "outcome_unknown";
        case Errc::cancelled:
            return "cancelled";
        case Errc::unsupported:
            return "unsupported";
        case Errc::internal:
            return "internal";
    }
    return "unknown";
}

std::string to_string(const Error& error) {
    std::string out(error.operation);
    if (!out.empty()) out += ": ";
    out += to_string(error.code);
    if (!error.detail_text().empty()) {
        out += ": ";
        out += error.detail_text();
    }
    return out;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw BadResultAccess(to_string(error));
}

Error fail(Errc code, std::string_view operation) { return Error{code, operation, nullptr}; }

Error fail(Errc code, std::string_view operation, std::string detail) {
    return Error{code, operation, std::make_shared<const std::string>(std::move(detail))};
}

}  // namespace ticketbottle
