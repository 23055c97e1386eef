#pragma once
/// \file
/// Tickets as PDF: one page, vector QR code, embedded font subset. Rendering is pure: no I/O, no clock, no randomness;
/// only load_font and load_default_fonts read files. Source of the contents: docs/tickets.md.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/zone.hpp>
#include <ticketbottle/event/events.hpp>
#include <vector>

namespace ticketbottle {

// Limits, all ours. Text limits are in code points and such that the longest text still fits its box at the smallest
// size, letter widths up to an em and a tenth: nothing on a ticket is ever cut off.
inline constexpr std::size_t event_name_chars_max = 300;
inline constexpr std::size_t event_venue_chars_max = 250;
inline constexpr std::size_t ticket_type_chars_max = 120;
inline constexpr std::size_t seat_info_chars_max = 120;
inline constexpr std::size_t customer_name_chars_max = 250;
/// ticket_id and order_code, which become path parts of the object key.
inline constexpr std::size_t ticket_id_bytes_max = 128;
/// The whole text of the QR code: at level H this gives modules of half a millimetre, which phones still read.
inline constexpr std::size_t qr_url_bytes_max = 512;
/// One font file, bytes. The largest in use (CJK) are about 20 MiB.
inline constexpr std::size_t font_bytes_max = 32 * 1024 * 1024;

/// TrueType font files' bytes (glyf outlines; .ttf, or a .ttc's first font). CFF outlines (.otf) are not supported.
struct TicketFonts {
    std::string regular;
    /// Headings. Empty: the regular font.
    std::string bold;
    /// Asked, in order, for characters the two above lack, e.g. a CJK font.
    std::vector<std::string> fallback;
};

/// Landscape. A4 is the same page, larger by the square root of two.
enum class TicketPaper : std::uint8_t { a5_landscape, a4_landscape };

struct TicketOptions {
    TicketFonts fonts;
    /// The QR code's text is this, then "?code=" (or "&code=" if there is a query already) and the percent-encoded
    /// code. http or https, printable ASCII, no fragment. Required.
    std::string qr_base_url;
    /// In the band on top, and the PDF's author. At most 80 characters.
    std::string brand = "TicketBottle";
    /// What render(ticket) uses. Both languages can be asked for each ticket.
    Language language = Language::vi;
    /// Where the event takes place: every printed time is in it.
    std::string zone_name = "Asia/Ho_Chi_Minh";
    /// Set: used instead of zone_name, and no zone database is read.
    std::optional<Zone> zone;
    TicketPaper paper = TicketPaper::a5_landscape;
    /// Printed at the foot. At most 200 characters each.
    std::string notice_vi = "Mỗi vé chỉ có giá trị cho một lượt vào cửa. Vui lòng không chia sẻ mã QR.";
    std::string notice_en = "This ticket admits once. Keep the QR code to yourself: whoever shows it first gets in.";
};

/// Draws tickets. Copies share the parsed fonts.
/// \par Threads  Immutable after create: one object may render in any number of threads at once.
class TicketRenderer {
public:
    /// Parses the fonts and proves that they hold every Vietnamese letter, all labels, the brand and the notices.
    /// \par Errors  invalid_argument, naming the option: a font that does not parse or lacks a letter (named as U+XXXX)
    /// or
    ///              forbids embedding or subsetting; a bad URL; an unknown zone; a brand or notice that cannot be
    ///              drawn or does not fit.
    [[nodiscard]] static Result<TicketRenderer> create(TicketOptions options);

    /// The PDF's bytes, typically 15 to 25 kB. The same ticket, options and library give the same bytes: every date in
    /// the file is issued_at and its /ID is computed from ticket and brand.
    ///
    /// Text is drawn as it came, except that Latin letters written as base and combining marks (Unicode NFD, as macOS
    /// sends them; Greek and Cyrillic too) are composed, spaces at both ends are dropped, and so are emoji variation
    /// selectors. Long text is wrapped at spaces and shrunk to a comfortable size, then words are split, then it is
    /// shrunk to the smallest size, 5.5 to 6.5 points. Empty lines (venue, ticket type, seat, attendee) are left out;
    /// ticket_id, order_code, event_name and qr_code_data must not be empty. event_id and customer_email are not read.
    ///
    /// \par Errors  Each names the field, never its content.
    ///              malformed: not UTF-8; a control, bidirectional, zero-width or replacement character; a required
    ///              field empty; over a limit above; an id with other characters than [A-Za-z0-9._-] or a leading dot;
    ///              a date outside the years 1970 to 9999; a QR text over qr_url_bytes_max. unsupported: no font has
    ///              the character (named as U+XXXX); a script that needs shaping (Arabic, Thai, ...); combining marks
    ///              that make no single letter; text too wide for its box. internal: the PDF library refused.
    [[nodiscard]] Result<std::string> render(const TicketIssued& ticket, Language language) const;
    [[nodiscard]] Result<std::string> render(const TicketIssued& ticket) const;

private:
    struct State;
    explicit TicketRenderer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

/// "tickets/<order_code>/<ticket_id>.pdf", where the PDF is stored.
/// \par Errors  malformed: an id that cannot be a path part (see TicketRenderer::render).
[[nodiscard]] Result<std::string> ticket_object_key(std::string_view order_code, std::string_view ticket_id);

/// What the QR code says: base, "?code=" or "&code=", and `code` percent-encoded (RFC 3986, all but unreserved).
/// \par Errors  invalid_argument: the base (see TicketOptions::qr_base_url). malformed: `code` empty, not UTF-8 or with
/// control
///              characters, or the whole over qr_url_bytes_max.
[[nodiscard]] Result<std::string> ticket_qr_url(std::string_view base, std::string_view code);

/// Reads one font file.
/// \par Errors  invalid_argument, naming the path: cannot be read, or over font_bytes_max.
[[nodiscard]] Result<std::string> load_font(const std::string& path);

/// Folders where systems keep fonts, searched by load_default_fonts.
[[nodiscard]] const std::vector<std::string>& default_font_directories();

/// The first of DejaVu Sans, Noto Sans, Liberation Sans, Roboto and Arial found, with its bold. In each
/// directory the files are looked for by name, not by walking.
/// \par Errors  invalid_argument: none found; the detail lists the paths tried.
[[nodiscard]] Result<TicketFonts> load_default_fonts(
    const std::vector<std::string>& directories = default_font_directories());

}  // namespace ticketbottle
