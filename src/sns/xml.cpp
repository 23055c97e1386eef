#include "sns/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/utf8.hpp"

namespace ticketbottle::sns {

namespace {

[[nodiscard]] bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
[[nodiscard]] bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
[[nodiscard]] bool is_name_character(char c) noexcept {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}
[[nodiscard]] bool is_character(char32_t c) noexcept {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

class Parser {
public:
    explicit Parser(std::string_view bytes) : left_(bytes) {}

    [[nodiscard]] bool run() {
        skip_declaration();
        skip_space();
        if (!read_start_tag()) return false;
        while (!open_.empty()) {
            if (!read_text() || !take("<")) return false;
            if (!(left_.starts_with('/') ? read_end_tag() : read_tag_behind_bracket())) return false;
        }
        skip_space();
        return left_.empty();
    }
    [[nodiscard]] std::vector<Element> elements() && { return std::move(elements_); }

private:
    [[nodiscard]] bool take(std::string_view what) {
        if (!left_.starts_with(what)) return false;
        left_.remove_prefix(what.size());
        return true;
    }
    void skip_space() {
        while (!left_.empty() && is_space(left_.front())) left_.remove_prefix(1);
    }
    void skip_declaration() {
        const auto end = left_.find("?>");
        if (left_.starts_with("<?xml ") && end != std::string_view::npos) left_.remove_prefix(end + 2);
    }
    [[nodiscard]] std::string_view take_name() {
        const auto end = std::find_if_not(left_.begin(), left_.end(), is_name_character);
        const std::string_view name = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
        left_.remove_prefix(name.size());
        return !name.empty() && is_letter(name.front()) ? name : std::string_view();
    }

    [[nodiscard]] bool read_start_tag() { return take("<") && read_tag_behind_bracket(); }
    [[nodiscard]] bool read_tag_behind_bracket() {
        const std::string_view name = take_name();
        if (name.empty() || open_.size() == xml_depth_max || elements_.size() == xml_elements_max) return false;
        const std::size_t parent = open_.empty() ? 0 : open_.back();
        has_children_ = false;
        if (!open_.empty()) {
            if (!std::all_of(elements_[parent].text.begin(), elements_[parent].text.end(), is_space))
                return false;  // text between elements
            elements_[parent].text.clear();
        }
        elements_.push_back({name, {}, parent});
        if (!skip_attributes()) return false;
        if (take("/>")) {
            has_children_ = true;  // of the parent
            return true;
        }
        if (!take(">")) return false;
        open_.push_back(elements_.size() - 1);
        return true;
    }
    [[nodiscard]] bool skip_attributes() {
        for (;;) {
            const bool spaced = !left_.empty() && is_space(left_.front());
            skip_space();
            if (left_.starts_with('>') || left_.starts_with("/>")) return true;
            if (!spaced || take_name().empty() || !take("=") || left_.empty()) return false;
            const char quote = left_.front();
            if (quote != '"' && quote != '\'') return false;
            const auto end = left_.find(quote, 1);
            if (end == std::string_view::npos || left_.substr(0, end).find('<') != std::string_view::npos) return false;
            left_.remove_prefix(end + 1);
        }
    }
    [[nodiscard]] bool read_end_tag() {
        left_.remove_prefix(1);
        Element& element = elements_[open_.back()];
        if (take_name() != element.name) return false;
        skip_space();
        if (!take(">")) return false;
        if (has_children_) {
            if (!std::all_of(element.text.begin(), element.text.end(), is_space)) return false;
            element.text.clear();
        }
        open_.pop_back();
        has_children_ = true;
        return true;
    }
    /// Up to the next '<'.
    [[nodiscard]] bool read_text() {
        std::string& text = elements_[open_.back()].text;
        while (!left_.empty() && left_.front() != '<') {
            if (left_.front() == '&') {
                if (!read_reference(text)) return false;
                continue;
            }
            if (left_.starts_with("]]>")) return false;
            const auto c = utf8::take(left_);
            if (!c || !is_character(*c)) return false;
            utf8::append(*c, text);
        }
        return !left_.empty();
    }
    [[nodiscard]] bool read_reference(std::string& text) {
        constexpr std::array<std::pair<std::string_view, char>, 5> named{
            {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
        for (const auto& [name, c] : named) {
            if (!take(name)) continue;
            text += c;
            return true;
        }
        if (!take("&#")) return false;
        const int base = take("x") ? 16 : 10;
        const auto end = left_.find(';');
        std::uint32_t code = 0;
        const auto read = std::from_chars(left_.data(), left_.data() + std::min(end, left_.size()), code, base);
        if (end == std::string_view::npos || end == 0 || read.ec != std::errc() || read.ptr != left_.data() + end ||
            !is_character(code))
            return false;
        utf8::append(code, text);
        left_.remove_prefix(end + 1);
        return true;
    }

    std::string_view left_;
    std::vector<Element> elements_;
    std::vector<std::size_t> open_;
    bool has_children_ = false;  ///< Of the innermost open element.
};

}  // namespace

std::optional<std::vector<Element>> parse_xml(std::string_view bytes) {
    if (bytes.size() > xml_bytes_max) return std::nullopt;
    Parser parser(bytes);
    if (!parser.run()) return std::nullopt;
    return std::move(parser).elements();
}

}  // namespace ticketbottle::sns
