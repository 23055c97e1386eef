#include "email/phrases.hpp"

#include "core/format.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace ticketbottle::email {

namespace {

constexpr Phrases english = {
    .confirmation_subject = "Order Confirmed - {0}",
    .confirmation_heading = "Order confirmed",
    .confirmation_intro = "We have received your payment. Thank you for your order.",
    .confirmation_note = "Your e-tickets are sent to you in separate messages.",
    .ticket_subject = "Your E-Ticket - {0}",
    .ticket_intro = "Your ticket is ready.",
    .ticket_attached = "The ticket is attached as {0}.",
    .ticket_link = "Download the ticket (PDF)",
    .ticket_entry = "Show the QR code of the ticket at the entrance. It is valid for one entry: do not share it.",
    .qr_alt = "QR code of the ticket",
    .greeting = "Hello {0},",
    .greeting_nameless = "Hello,",
    .more_tickets = "and {0} more",
    .footer = "This message was sent automatically by {0}.",
    .order_code = "Order code",
    .event = "Event",
    .starts = "Date & time",
    .venue = "Venue",
    .ticket_type = "Ticket type",
    .seat = "Seat",
    .attendee = "Attendee",
    .ticket_id = "Ticket ID",
    .issued = "Issued",
    .amount = "Amount",
    .provider = "Paid with",
    .transaction = "Transaction",
    .paid = "Paid",
    .tickets = "Tickets",
};

constexpr Phrases vietnamese = {
    .confirmation_subject = "Xác nhận đơn hàng - {0}",
    .confirmation_heading = "Đơn hàng đã được xác nhận",
    .confirmation_intro = "Chúng tôi đã nhận được thanh toán của bạn. Cảm ơn bạn đã đặt vé.",
    .confirmation_note = "Vé điện tử được gửi đến bạn trong các email riêng.",
    .ticket_subject = "Vé điện tử - {0}",
    .ticket_intro = "Vé của bạn đã sẵn sàng.",
    .ticket_attached = "Vé được đính kèm trong tệp {0}.",
    .ticket_link = "Tải vé (PDF)",
    .ticket_entry = "Vui lòng xuất trình mã QR của vé tại cửa vào. Vé chỉ có giá trị cho một lượt vào: đừng chia sẻ mã này.",
    .qr_alt = "Mã QR của vé",
    .greeting = "Xin chào {0},",
    .greeting_nameless = "Xin chào,",
    .more_tickets = "và {0} vé khác",
    .footer = "Email này được {0} gửi tự động.",
    .order_code = "Mã đơn hàng",
    .event = "Sự kiện",
    .starts = "Thời gian",
    .venue = "Địa điểm",
    .ticket_type = "Loại vé",
    .seat = "Chỗ ngồi",
    .attendee = "Người tham dự",
    .ticket_id = "Mã vé",
    .issued = "Phát hành lúc",
    .amount = "Số tiền",
    .provider = "Thanh toán qua",
    .transaction = "Mã giao dịch",
    .paid = "Thanh toán lúc",
    .tickets = "Vé",
};

constexpr std::array<std::string_view, 7> english_days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                          "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 7> vietnamese_days = {"Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư",
                                                             "Thứ Năm",  "Thứ Sáu", "Thứ Bảy"};
constexpr std::array<std::string_view, 12> english_months = {"January", "February", "March",     "April",   "May",      "June",
                                                             "July",    "August",   "September", "October", "November", "December"};

/// "GMT", "GMT+7", "GMT-3:30".
std::string format_offset(std::chrono::seconds offset) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset).count();
    if (minutes == 0) {
        return "GMT";
    }
    const auto size = std::abs(minutes);
    const std::string tail = size % 60 == 0 ? std::string() : formatted(":{:02}", size % 60);
    return formatted("GMT{}{}{}", minutes < 0 ? '-' : '+', size / 60, tail);
}

/// Letters and digits, lower case.
std::string folded(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') {
            out += static_cast<char>(c - 'A' + 'a');
        } else if (c != '-' && c != '_' && c != ' ') {
            out += c;
        }
    }
    return out;
}

}  // namespace

const Phrases& phrases(Language language) noexcept { return language == Language::vi ? vietnamese : english; }

std::string format_time(TimePoint time, const Zone& zone, Language language) {
    const LocalTime local = zone.to_local(time);
    const auto day = static_cast<std::size_t>(local.weekday);
    const std::string offset = format_offset(local.offset);
    if (language == Language::vi) {
        return formatted("{}, {:02}/{:02}/{:04}, {:02}:{:02} ({})", vietnamese_days[day], local.day, local.month, local.year,
                           local.hour, local.minute, offset);
    }
    return formatted("{}, {} {} {:04}, {:02}:{:02} ({})", english_days[day], local.day,
                       english_months[static_cast<std::size_t>(local.month - 1)], local.year, local.hour, local.minute, offset);
}

std::string provider_name(std::string_view provider) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names = {
        {{"zalopay", "ZaloPay"}, {"payos", "payOS"}, {"vnpay", "VNPay"}, {"momo", "MoMo"}, {"stripe", "Stripe"}}};
    for (const auto& [key, name] : names) {
        if (folded(provider) == key) {
            return std::string(name);
        }
    }
    return std::string(provider);
}

}  // namespace ticketbottle::email
