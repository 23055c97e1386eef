// Tickets and mails a second, and how large they are.
#include <ticketbottle/email/mails.hpp>
#include <ticketbottle/ticket/ticket.hpp>

#include <benchmark/benchmark.h>

namespace ticketbottle::benchmarks {
namespace {

TicketIssued example(std::int64_t number) {
    TicketIssued t;
    t.ticket_id = "TK-" + std::to_string(number);
    t.order_code = "TB-BENCH-20261121-0000000A";
    t.event_id = "EV-1";
    t.event_name = "Đêm nhạc Trịnh Công Sơn: Nối vòng tay lớn";
    t.event_date = TimePoint(std::chrono::seconds(1798113600));
    t.event_venue = "Nhà hát Thành phố, 7 Công trường Lam Sơn, Quận 1";
    t.ticket_type = "VIP";
    t.seat_info = "Hàng A, ghế 12";
    t.customer_name = "Nguyễn Thị Ngọc Ánh";
    t.customer_email = "anh@example.com";
    t.qr_code_data = "TKB-" + std::to_string(1000000 + number) + "-9f8e7d6c5b4a";
    t.issued_at = TimePoint(std::chrono::seconds(1763712000));
    return t;
}

TicketRenderer renderer() {
    TicketOptions options;
    options.fonts = load_default_fonts().value();
    options.qr_base_url = "https://tickets.example.com/check";
    return TicketRenderer::create(std::move(options)).value();
}

void ticket_pdf(benchmark::State& state) {
    const TicketRenderer tickets = renderer();
    std::size_t bytes = 0;
    std::int64_t number = 0;
    for (auto _ : state) {
        const auto pdf = tickets.render(example(++number));
        if (!pdf.has_value()) return state.SkipWithError("refused");
        bytes += pdf->size();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes_each"] = benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}
BENCHMARK(ticket_pdf);

void ticket_mail(benchmark::State& state) {
    const std::string pdf = renderer().render(example(1)).value();
    email::MailOptions options;
    options.from.address = "tickets@example.com";
    const auto mails = email::MailRenderer::create(std::move(options)).value();
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto mail = mails.ticket(example(1), {pdf, {}, {}});
        if (!mail.has_value()) return state.SkipWithError("refused");
        bytes += mail->message.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes_each"] = benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}
BENCHMARK(ticket_mail);

void confirmation_mail(benchmark::State& state) {
    email::MailOptions options;
    options.from.address = "tickets@example.com";
    const auto mails = email::MailRenderer::create(std::move(options)).value();
    PaymentEvent event;
    event.payment_id = "0b8f3c1e-0000-4000-8000-000000000001";
    event.order_code = "TB-BENCH-20261121-0000000A";
    event.amount = {7200000, Currency::vnd()};
    event.provider = "vnpay";
    event.transaction_id = "14226101";
    event.at = TimePoint(std::chrono::seconds(1763712000));
    event.customer_name = "Nguyễn Thị Ngọc Ánh";
    event.customer_email = "anh@example.com";
    event.event_name = "Đêm nhạc Trịnh Công Sơn";
    for (auto _ : state) {
        const auto mail = mails.confirmation(event);
        if (!mail.has_value()) return state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(confirmation_mail);

}  // namespace
}  // namespace ticketbottle::benchmarks
