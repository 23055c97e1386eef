#pragma once
/// \file
/// What a server makes of an application/x-www-form-urlencoded body.

#include <algorithm>
#include <map>
#include <string>

namespace ticketbottle::test {

/// Name to value, of a form's body. Written from the WHATWG URL standard, and apart from the library's own code.
inline std::map<std::string, std::string> form_fields(const std::string& body) {
    const auto decoded = [](const std::string& text) {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '%') {
                out += text[i] == '+' ? ' ' : text[i];
                continue;
            }
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        }
        return out;
    };
    std::map<std::string, std::string> fields;
    for (std::size_t at = 0; at < body.size();) {
        const auto end = std::min(body.find('&', at), body.size());
        const std::string pair = body.substr(at, end - at);
        const auto equals = std::min(pair.find('='), pair.size());
        fields[decoded(pair.substr(0, equals))] = decoded(pair.substr(std::min(equals + 1, pair.size())));
        at = end + 1;
    }
    return fields;
}

}  // namespace ticketbottle::test
