#pragma once
/// \file
/// Builds an Internet message: mixed(alternative(text, related(html, images)), attachments). Pure: no I/O, no clock, no
/// randomness; the same letter gives the same bytes.
/// Source: RFC 5322 (message), 2045/2046/2047 (MIME, encoded words), 2183 and 2231 (file names), 2387 (related),
/// 3834 (Auto-Submitted), all as of 2026-11.

#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::email {

/// Longest message made, bytes. Ours; most receivers refuse more than 25 MiB.
inline constexpr std::size_t message_bytes_max = 25 * 1024 * 1024;
/// Longest subject and display name, bytes of UTF-8. Ours: folded, they stay a screenful.
inline constexpr std::size_t subject_bytes_max = 2000;
inline constexpr std::size_t display_name_bytes_max = 500;
/// Longest file name, bytes. What file systems take.
inline constexpr std::size_t filename_bytes_max = 255;
/// Most recipients, and most images and attachments together. Ours.
inline constexpr std::size_t recipients_max = 50;
inline constexpr std::size_t files_max = 50;

/// An address and who it belongs to. Both are personal: never logged.
struct Mailbox {
    std::string address;  ///< dot-atom@domain, ASCII, at most 254 bytes (a local part of at most 64).
    std::string name;     ///< UTF-8, may be empty. Spaces around it are dropped.
};

/// A media type's parameter: `charset=utf-8`. Both are RFC 2045 tokens.
struct Parameter {
    std::string name;
    std::string value;
};

struct Attachment {
    std::string filename;  ///< UTF-8, 1..255 bytes, no '/', no '\', no control characters.
    std::string media_type = "application/octet-stream";
    std::vector<Parameter> parameters;
    std::string bytes;
};

/// An image that the HTML shows as `<img src="cid:<content_id>">`. Gmail drops data: images, so it travels as a part.
struct InlineImage {
    std::string content_id;  ///< local@domain without angle brackets; unique in the world (RFC 2392).
    std::string filename;
    std::string media_type = "image/png";
    std::string bytes;
};

struct Letter {
    Mailbox from;
    std::vector<Mailbox> to;  ///< 1..50
    std::optional<Mailbox> reply_to;
    std::string subject;     ///< UTF-8, may be empty. Spaces around it are dropped.
    TimePoint date;          ///< For the Date field, written in UTC. Years 1970..9999.
    std::string message_id;  ///< local@domain without angle brackets. The boundaries follow from it too.
    Language language = Language::en;  ///< Content-Language.
    std::string text;  ///< UTF-8, any line ends, not empty, no NUL.
    std::string html;  ///< UTF-8, any line ends; empty: no HTML part.
    std::vector<InlineImage> images;  ///< Only with html.
    std::vector<Attachment> attachments;
};

/// The whole message: ASCII, CRLF line ends, header lines of at most 78 columns where an address or id allows it (never over
/// 998), bodies of at most 76. Text is quoted-printable or base64, whichever is shorter; files are base64. Non-ASCII file names
/// stand as filename* (RFC 2231) with an ASCII stand-in as the media type's `name`. Never holds Bcc.
/// \par Errors  malformed, naming the field ("subject: holds a control character at byte 5"): anything the shapes above exclude,
///              text that is not UTF-8, a message past message_bytes_max. No content appears in the error.
/// \par Threads Any. \par Exceptions  std::bad_alloc only.
[[nodiscard]] Result<std::string> build_message(const Letter& letter);

/// Is this an address build_message takes? Internationalised ones (UTF-8) are not: their headers could not be ASCII.
[[nodiscard]] bool is_address(std::string_view text) noexcept;

}  // namespace ticketbottle::email
