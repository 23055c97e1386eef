#include "mariadb/sql.hpp"

#include <bit>

namespace ticketbottle::mariadb {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

}  // namespace

std::string with_clock(std::string_view sql, std::string_view clock) {
    std::string text(sql);
    replace_all(text, "{now_ms}", "(" TKB_MS("{now}") ")");
    replace_all(text, "{now}", clock);
    return text;
}

std::string placeholders(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
    return text;
}

std::size_t list_step(std::size_t count) noexcept { return std::bit_ceil(count); }

}  // namespace ticketbottle::mariadb
