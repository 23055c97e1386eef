#pragma once
/// \file
/// What a mail says, apart from how. Text and HTML are made from the same content, so they state the same facts.
/// Internal: not installed.

#include <ticketbottle/core/money.hpp>

#include <string>
#include <vector>

namespace ticketbottle::email {

/// A line of the table. One-line texts.
struct Fact {
    std::string label;
    std::string value;
};

struct Content {
    Language language = Language::en;
    std::string brand;
    std::string heading;
    std::string greeting;
    std::string intro;
    std::vector<Fact> facts;
    std::string list_heading;
    std::vector<std::string> list;
    std::string link;        ///< A checked http(s) URL, or empty.
    std::string link_label;
    std::string image_id;    ///< Content-ID of the QR image, or empty.
    std::string image_alt;
    std::vector<std::string> notes;
    std::string footer;
};

[[nodiscard]] std::string to_text(const Content& content);
/// Tables and inline styles only: what mail readers agree on.
[[nodiscard]] std::string to_html(const Content& content);

}  // namespace ticketbottle::email
