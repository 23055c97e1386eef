#include <ticketbottle/gateway/request.hpp>

#include "gateway/fields.hpp"

namespace ticketbottle {

std::string Request::header(std::string_view name) const {
    std::string joined;
    bool found = false;
    for (const Header& candidate : headers) {
        if (gateway::equals_ignoring_case(candidate.name, name)) {
            if (found) {
                joined += ',';
            }
            joined += candidate.value;
            found = true;
        }
    }
    return joined;
}

}  // namespace ticketbottle
