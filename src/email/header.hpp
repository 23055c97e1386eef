#pragma once
/// \file
/// Writes header fields, folded. Internal: not installed. Everything written has been checked (email/check.hpp).

#include <ticketbottle/email/message.hpp>

#include <string>
#include <string_view>

namespace ticketbottle::email {

/// Columns a header line should not pass (RFC 5322 2.1.1), and one that holds an encoded word must not (RFC 2047 section 2).
inline constexpr std::size_t header_columns = 78;
inline constexpr std::size_t encoded_columns = 76;

/// One field: `HeaderField(out, "Subject").text(subject);` writes "Subject: ...\r\n". Folds between what is added, and nowhere
/// else, so a line passes 78 columns only when one address or id does.
class HeaderField {
public:
    HeaderField(std::string& out, std::string_view name);
    ~HeaderField();
    HeaderField(const HeaderField&) = delete;
    HeaderField& operator=(const HeaderField&) = delete;

    /// A space (or a fold) and `text` as it stands.
    HeaderField& atom(std::string_view text);
    /// Unstructured text: as it stands where ASCII allows, else as encoded words.
    HeaderField& text(std::string_view utf8);
    /// `Name <address>`, the name quoted or encoded as needed, then `after`.
    HeaderField& mailbox(const Mailbox& mailbox, std::string_view after = {});
    /// `;` and a parameter: a token as it stands, else quoted.
    HeaderField& parameter(std::string_view name, std::string_view ascii);
    /// `;` and filename="...", or filename*=UTF-8''... (RFC 2231, continued over lines when long) for other names.
    HeaderField& filename(std::string_view name);

private:
    void encoded(std::string_view utf8);
    void fold();
    std::string& out_;
    std::size_t column_;
    bool first_ = true;
    bool encoded_line_ = false;  ///< The current line holds an encoded word.
};

/// "Sat, 13 Dec 2025 13:00:00 +0000"
[[nodiscard]] std::string rfc5322_date(TimePoint time);

/// An ASCII stand-in for a file name: each other character becomes '_'; `"`, `\` and `=` too.
[[nodiscard]] std::string ascii_filename(std::string_view name);

}  // namespace ticketbottle::email
