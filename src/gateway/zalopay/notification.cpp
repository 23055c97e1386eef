#include "gateway/zalopay/notification.hpp"

#include "core/format.hpp"

namespace ticketbottle::zalopay {

std::string dedup_key(std::int64_t app_id, std::int64_t zp_trans_id, NotifiedStatus status) {
    return formatted("{}:{}:{}", app_id, zp_trans_id, to_string(status));
}

std::string dedup_key(std::int64_t app_id, std::string_view app_trans_id, NotifiedStatus status) {
    return formatted("{}:order:{}:{}", app_id, app_trans_id, to_string(status));
}

}  // namespace ticketbottle::zalopay
