#include <ticketbottle/gateway/request.hpp>

#include "gateway/fields.hpp"
#include "gateway/header.hpp"

namespace ticketbottle {

std::string_view gateway::header(const Request& request, std::string_view name, std::string& joined) {
    std::string_view value;
    std::size_t found = 0;
    for (const Header& candidate : request.headers) {
        if (candidate.name.size() != name.size() || !equals_ignoring_case(candidate.name, name)) {
            continue;
        }
        if (++found == 1) {
            value = candidate.value;
            continue;
        }
        if (found == 2) {
            joined = value;
        }
        joined.append(",").append(candidate.value);
    }
    return found > 1 ? std::string_view(joined) : value;
}

std::string Request::header(std::string_view name) const {
    std::string joined;
    return std::string(gateway::header(*this, name, joined));
}

}  // namespace ticketbottle
