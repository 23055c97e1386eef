#include "ticket.hpp"

#include "guard.hpp"

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {

constexpr tkb_ticket_options empty_options = TKB_TICKET_OPTIONS_INIT;
static_assert(TKB_LANGUAGE_VI == static_cast<std::uint32_t>(Language::vi) && TKB_LANGUAGE_EN == static_cast<std::uint32_t>(Language::en));

Result<TicketFonts> to_fonts(const tkb_ticket_options& options) {
    if (options.font_regular.size == 0) return load_default_fonts();
    TicketFonts fonts;
    auto regular = load_font(std::string(view(options.font_regular)));
    if (!regular.has_value()) return regular.error();
    fonts.regular = std::move(*regular);
    if (options.font_bold.size == 0) return fonts;
    auto bold = load_font(std::string(view(options.font_bold)));
    if (!bold.has_value()) return bold.error();
    fonts.bold = std::move(*bold);
    return fonts;
}

}  // namespace

tkb_status tkb_ticket_renderer_create(const tkb_ticket_options* options, tkb_ticket_renderer** renderer_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "ticket_renderer.create";
        TKB_TRY(require(renderer_out, operation, "renderer_out"));
        *renderer_out = nullptr;
        TKB_TRY(require(options, operation, "options"));
        const auto read = read_struct(options, empty_options, operation);
        if (!read.has_value()) return read.error();
        for (const tkb_bytes& text : {read->font_regular, read->font_bold, read->brand, read->qr_base_url, read->zone})
            TKB_TRY(require(text, operation, "a text"));
        auto fonts = to_fonts(*read);
        if (!fonts.has_value()) return fonts.error();
        TicketOptions ticket;
        ticket.fonts = std::move(*fonts);
        ticket.qr_base_url = view(read->qr_base_url);
        if (read->brand.size != 0) ticket.brand = view(read->brand);
        if (read->zone.size != 0) ticket.zone_name = view(read->zone);
        auto renderer = TicketRenderer::create(std::move(ticket));
        if (!renderer.has_value()) return renderer.error();
        *renderer_out = new tkb_ticket_renderer{std::move(*renderer)};
        return {};
    });
}

tkb_status tkb_ticket_render(const tkb_ticket_renderer* renderer, tkb_bytes ticket, tkb_language language, tkb_buffer** pdf_out,
                             tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "ticket.render";
        TKB_TRY(require(pdf_out, operation, "pdf_out"));
        *pdf_out = nullptr;
        TKB_TRY(require(renderer, operation, "renderer"));
        TKB_TRY(require(ticket, operation, "ticket"));
        if (language > TKB_LANGUAGE_EN) return fail(Errc::invalid_argument, operation, "no such language");
        const auto parsed = parse_ticket_issued(view(ticket));
        if (!parsed.has_value()) return parsed.error();
        auto pdf = renderer->renderer.render(*parsed, static_cast<Language>(language));
        if (!pdf.has_value()) return pdf.error();
        *pdf_out = new tkb_buffer{std::move(*pdf)};
        return {};
    });
}
void tkb_ticket_renderer_destroy(tkb_ticket_renderer* renderer) { delete renderer; }
