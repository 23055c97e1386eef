#pragma once
/// \file
/// JSON compared by what it says: a store may keep it parsed (PostgreSQL's jsonb), and then spaces and members' order are not kept.
/// Tokens are: numbers and strings stay as written.

#include <map>
#include <string>
#include <string_view>

namespace ticketbottle::conformance {

namespace json_text {

inline void skip_space(std::string_view& text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t' || text.front() == '\r')) text.remove_prefix(1);
}

inline std::string take_string(std::string_view& text) {
    std::size_t end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    end = std::min(end + 1, text.size());
    std::string token(text.substr(0, end));
    text.remove_prefix(end);
    return token;
}

inline std::string take_value(std::string_view& text) {
    skip_space(text);
    if (text.empty()) return "";
    if (text.front() == '"') return take_string(text);
    const char open = text.front();
    if (open != '{' && open != '[') {
        const std::size_t end = std::min(text.find_first_of(",]} \n\t\r"), text.size());
        std::string token(text.substr(0, end));
        text.remove_prefix(end);
        return token.empty() ? std::string(1, open) : token;
    }
    const char close = open == '{' ? '}' : ']';
    std::map<std::string, std::string> members;
    std::string out(1, open);
    text.remove_prefix(1);
    for (;;) {
        skip_space(text);
        if (text.empty() || text.front() == close) break;
        const std::size_t before = text.size();
        if (open == '{') {
            const std::string name = take_string(text);
            skip_space(text);
            if (!text.empty()) text.remove_prefix(1);  // the colon
            members[name] = take_value(text);
        } else {
            out += take_value(text) + ",";
        }
        skip_space(text);
        if (!text.empty() && text.front() == ',') text.remove_prefix(1);
        if (text.size() == before) break;  // not JSON: leave it
    }
    for (const auto& [name, value] : members) out += name + ":" + value + ",";
    if (!text.empty()) text.remove_prefix(1);
    return out + close;
}

}  // namespace json_text

/// One text for everything that says the same. Not a parser: text that is not JSON gives some text.
[[nodiscard]] inline std::string canonical(std::string_view json) { return json_text::take_value(json); }

}  // namespace ticketbottle::conformance
