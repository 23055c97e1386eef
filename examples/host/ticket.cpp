// ticket: one TICKET_ISSUED event to a PDF.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ticketbottle/event/events.hpp>

#include "commands.hpp"
#include "read_input.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

/// The event itself, or a pipe's envelope around it; a file without eventType is taken for what this command is for.
Result<TicketIssued> read_ticket(const std::string& text) {
    auto opened = open_event(text, "TICKET_ISSUED");
    if (!opened.has_value()) return opened.error();
    if (opened->type != EventType::ticket_issued)
        return fail(Errc::malformed, "program.ticket", "the event is no TICKET_ISSUED");
    return parse_ticket_issued(opened->payload);
}

Result<void> write_output(const std::string& path, const std::string& bytes) {
    const auto failed = [&path] {
        return fail(Errc::unavailable, "program.ticket", "cannot write " + path + ": " + std::strerror(errno));
    };
    std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
    if (file == nullptr) return failed();
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0;
    const bool closed = path == "-" || std::fclose(file) == 0;
    if (!written || !closed) return failed();
    return {};
}

int run(const Arguments& arguments) {
    auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    settings->tickets.qr_base_url = arguments.value_or("--qr-base-url", settings->tickets.qr_base_url);
    if (const auto language = arguments.value("--language")) {
        if (*language != "vi" && *language != "en")
            return complain_usage(ticket_command().usage, "--language is not vi or en");
        settings->tickets.language = *language == "vi" ? Language::vi : Language::en;
    }
    const auto text = read_input(arguments.positionals().front(), event_bytes_max);
    if (!text.has_value()) return complain(text.error());
    const auto ticket = read_ticket(*text);
    if (!ticket.has_value()) return complain(ticket.error());
    const auto renderer = make_ticket_renderer(*settings);
    if (!renderer.has_value()) return complain(renderer.error());
    const auto pdf = renderer->render(*ticket);
    if (!pdf.has_value()) {
        (void)complain(pdf.error());
        return exit_trouble;
    }
    const std::string path = arguments.value_or("--output", ticket->ticket_id + ".pdf");
    if (const auto written = write_output(path, *pdf); !written.has_value()) return complain(written.error());
    if (path != "-") std::printf("%s: %zu bytes\n", path.c_str(), pdf->size());
    return exit_done;
}

}  // namespace

const Command& ticket_command() {
    static const Command command{
        {"ticket",
         "EVENT.json|-",
         1,
         1,
         "Draw the PDF of one TICKET_ISSUED event.",
         {{"--output", "FILE", "where to write it, - for standard output; default <ticket_id>.pdf"},
          {"--qr-base-url", "URL", "instead of QR_CODE_BASE_URL"},
          {"--language", "vi|en", "instead of TICKETBOTTLE_LANGUAGE; default vi"}},
         "Example:\n"
         "  ticketbottle ticket event.json --qr-base-url https://example.com/check-in --output ticket.pdf\n"},
        run};
    return command;
}

}  // namespace program
