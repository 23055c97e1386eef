#include "ticket/labels.hpp"

#include "core/format.hpp"

#include <array>

namespace ticketbottle::ticket {

namespace {

constexpr Labels vietnamese{"vi-VN",   "VÉ ĐIỆN TỬ",  "THỜI GIAN",     "ĐỊA ĐIỂM",
                            "LOẠI VÉ", "CHỖ NGỒI",    "NGƯỜI THAM DỰ", "Quét mã này tại cửa vào",
                            "MÃ VÉ",   "MÃ ĐƠN HÀNG", "PHÁT HÀNH LÚC"};
constexpr Labels english{"en",          "E-TICKET", "DATE AND TIME", "VENUE",
                         "TICKET TYPE", "SEAT",     "ATTENDEE",      "Scan this code at the entrance",
                         "TICKET ID",   "ORDER",    "ISSUED"};

constexpr std::array<std::string_view, 7> weekdays_vi{"Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư",
                                                      "Thứ Năm",  "Thứ Sáu", "Thứ Bảy"};
constexpr std::array<std::string_view, 7> weekdays_en{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months_en{"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

}  // namespace

const Labels& labels(Language language) noexcept { return language == Language::vi ? vietnamese : english; }

std::string event_time(const LocalTime& t, Language language) {
    const auto& weekdays = language == Language::vi ? weekdays_vi : weekdays_en;
    return formatted("{}, {}", weekdays.at(static_cast<std::size_t>(t.weekday)), plain_time(t, language));
}

std::string plain_time(const LocalTime& t, Language language) {
    if (language == Language::vi) {
        return formatted("{:02}/{:02}/{:04}, {:02}:{:02}", t.day, t.month, t.year, t.hour, t.minute);
    }
    return formatted("{} {} {:04}, {:02}:{:02}", t.day, months_en.at(static_cast<std::size_t>(t.month - 1)), t.year,
                       t.hour, t.minute);
}

}  // namespace ticketbottle::ticket
