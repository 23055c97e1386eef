#pragma once
/// \file
/// Writes JSON, for what the program prints and for metadata it makes. Bytes that are not UTF-8 must not be put in.

#include <cstdint>
#include <string>
#include <string_view>

namespace program {

inline std::string json_string(std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append(1, '\\').append(1, c);
        else if (byte < 0x20)
            out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
        else
            out += c;
    }
    return out += '"';
}

/// {"a":"text","b":1}: JsonObject().text("a", "text").number("b", 1).done()
class JsonObject {
public:
    JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
    JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
    JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
    /// `json` is one JSON value.
    JsonObject& raw(std::string_view name, std::string_view json) {
        out_.append(out_.empty() ? "" : ",").append(json_string(name)).append(":").append(json);
        return *this;
    }
    [[nodiscard]] std::string done() const { return "{" + out_ + "}"; }

private:
    std::string out_;
};

/// [1,2]: JsonArray().add("1").add("2").done()
class JsonArray {
public:
    JsonArray& add(std::string_view json) {
        out_.append(out_.empty() ? "" : ",").append(json);
        return *this;
    }
    [[nodiscard]] std::string done() const { return "[" + out_ + "]"; }

private:
    std::string out_;
};

}  // namespace program
