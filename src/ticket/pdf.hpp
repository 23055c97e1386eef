#pragma once
/// \file
/// A PDF of one page from ready parts. pdf.cpp is the one file that knows PoDoFo. Internal: not installed.
/// Source: ISO 32000-1 (PDF 1.7).

#include <array>
#include <cstdint>
#include <string>
#include <ticketbottle/core/result.hpp>
#include <vector>

namespace ticketbottle::ticket {

/// A font subset as Type 0 font, two-byte codes, code = glyph. The page calls the i-th font /F<i>.
struct PdfFont {
    std::string name;         ///< With the subset's tag: "ABCDEF+DejaVuSans".
    std::string truetype;     ///< FontFile2.
    std::string to_unicode;   ///< A CMap.
    std::vector<int> widths;  ///< Of each code, thousandths of an em.
    // FontDescriptor, thousandths of an em.
    std::array<int, 4> box{};
    int ascent = 0;
    int descent = 0;
    int cap_height = 0;
    int italic_angle = 0;
    int stem_width = 0;
};

struct PdfDocumentParts {
    double width = 0;  ///< Points.
    double height = 0;
    std::string content;  ///< Content stream, not compressed.
    std::vector<PdfFont> fonts;
    // Document information; UTF-8.
    std::string title;
    std::string author;
    std::string subject;
    std::string producer;
    std::string language;  ///< "vi-VN"
    std::string date;      ///< "D:20251121080000Z": creation and modification.
};

/// The same parts give the same bytes. Threads: any.
/// Errors: internal: PoDoFo refused.
[[nodiscard]] Result<std::string> write_pdf(const PdfDocumentParts& parts);

}  // namespace ticketbottle::ticket
