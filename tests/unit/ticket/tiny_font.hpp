#pragma once
/// \file
/// TrueType files of a few glyphs, made to order: what no real font would have in it.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketbottle::test {

inline std::string be16(unsigned value) {
    return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
inline std::string be32(std::uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

struct TinyFont {
    std::vector<std::string> outlines{"", ""};  ///< Of each glyph; the first is .notdef.
    std::uint32_t first_character = U'A';       ///< Glyph 1; the next characters have the next glyphs.
    bool long_map = false;                      ///< cmap format 12 instead of 4.
    std::uint32_t also_glyph_1 = 0;             ///< A later character with glyph 1; only in a long map.
    unsigned licence = 0;                       ///< OS/2 fsType.
    std::string version = std::string("\0\1\0\0", 4);
    std::vector<std::string> without{};  ///< Tables to leave out.
    std::string name = "Tiny";           ///< PostScript name.
    unsigned advance = 600;

    [[nodiscard]] std::string file() const {
        std::string glyf;
        std::string loca;
        std::string hmtx;
        for (const std::string& outline : outlines) {
            loca += be32(static_cast<std::uint32_t>(glyf.size()));
            glyf += outline;
            glyf.resize((glyf.size() + 3) / 4 * 4);
            hmtx += be16(advance) + be16(0);
        }
        loca += be32(static_cast<std::uint32_t>(glyf.size()));
        if (glyf.empty()) glyf = std::string(4, '\0');
        const auto count = static_cast<unsigned>(outlines.size());
        const std::string head = be32(0x10000) + be32(0) + be32(0) + be32(0x5f0f3cf5) + be16(0) + be16(1000) +
                                 std::string(16, '\0') + be16(0) + be16(0) + be16(1000) + be16(1000) + be16(0) +
                                 be16(8) + be16(2) + be16(1) + be16(0);
        const std::string hhea = be32(0x10000) + be16(800) + be16(0x10000 - 200) + std::string(26, '\0') + be16(count);
        const std::string maxp = be32(0x10000) + be16(count) + std::string(26, '\0');
        const std::string os2 = be16(4) + be16(0) + be16(400) + be16(5) + be16(licence) + std::string(86, '\0');
        std::string letters;
        for (const char c : name) letters += be16(static_cast<unsigned char>(c));
        const std::string names = be16(0) + be16(1) + be16(18) + be16(3) + be16(1) + be16(0x409) + be16(6) +
                                  be16(static_cast<unsigned>(letters.size())) + be16(0) + letters;
        std::vector<std::pair<std::string, std::string>> tables{{"OS/2", os2},  {"cmap", character_map()},
                                                                {"glyf", glyf}, {"head", head},
                                                                {"hhea", hhea}, {"hmtx", hmtx},
                                                                {"loca", loca}, {"maxp", maxp},
                                                                {"name", names}};
        for (const std::string& unwanted : without) {
            std::erase_if(tables, [&](const auto& table) { return table.first == unwanted; });
        }
        std::string directory = version + be16(static_cast<unsigned>(tables.size())) + be16(0) + be16(0) + be16(0);
        std::string bodies;
        const std::size_t start = 12 + 16 * tables.size();
        for (const auto& [tag, body] : tables) {
            directory += tag + be32(0) + be32(static_cast<std::uint32_t>(start + bodies.size())) +
                         be32(static_cast<std::uint32_t>(body.size()));
            bodies += body;
            bodies.resize((bodies.size() + 3) / 4 * 4);
        }
        return directory + bodies;
    }

private:
    [[nodiscard]] std::string character_map() const {
        const auto last = first_character + static_cast<std::uint32_t>(outlines.size()) - 2;
        if (long_map) {
            const std::uint32_t groups = also_glyph_1 == 0 ? 1 : 2;
            std::string map = be16(0) + be16(1) + be16(3) + be16(10) + be32(12) + be16(12) + be16(0) +
                              be32(16 + 12 * groups) + be32(0) + be32(groups) + be32(first_character) + be32(last) +
                              be32(1);
            if (groups == 2) map += be32(also_glyph_1) + be32(also_glyph_1) + be32(1);
            return map;
        }
        return be16(0) + be16(1) + be16(3) + be16(1) + be32(12) + be16(4) + be16(32) + be16(0) + be16(4) + be16(0) +
               be16(0) + be16(0) + be16(last) + be16(0xffff) + be16(0) + be16(first_character) + be16(0xffff) +
               be16((0x10001 - first_character) & 0xffff) + be16(1) + be16(0) + be16(0);
    }
};

/// A square of 500 units, with `hinting` bytes of program.
inline std::string square_outline(std::size_t hinting = 0) {
    return be16(1) + be16(0) + be16(0) + be16(500) + be16(500) + be16(3) + be16(static_cast<unsigned>(hinting)) +
           std::string(hinting, '\x4f') + std::string("\1\1\1\1", 4) + be16(0) + be16(500) + be16(0) +
           be16(0x10000 - 500) + be16(0) + be16(0) + be16(500) + be16(0);
}

/// A composite of these glyphs, side by side.
inline std::string composite_outline(const std::vector<unsigned>& parts) {
    std::string out = be16(0xffff) + be16(0) + be16(0) + be16(500) + be16(500);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const unsigned more = i + 1 < parts.size() ? 0x20 : 0;
        out += be16(0x0003 | more) + be16(parts[i]) + be16(0) + be16(0);
    }
    return out;
}

}  // namespace ticketbottle::test
