#pragma once
/// \file
/// XML as AWS's Query API answers: elements and text. Strict and bounded: no DTD, no comments, no CDATA, no processing
/// instructions but the declaration; attributes are checked and dropped. Internal: not installed.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::sns {

inline constexpr std::size_t xml_bytes_max = 256 * 1024;
inline constexpr std::size_t xml_depth_max = 16;
inline constexpr std::size_t xml_elements_max = 4096;

struct Element {
    std::string_view name;   ///< Of the text parsed; without prefix, for AWS's answers have none.
    std::string text;        ///< Decoded; of a leaf only, else empty.
    std::size_t parent = 0;  ///< Index; the root's is 0, its own.
};

/// In the order of their start tags; the root first. nullopt: not such XML, or over a limit. `bytes` must outlive it.
[[nodiscard]] std::optional<std::vector<Element>> parse_xml(std::string_view bytes);

}  // namespace ticketbottle::sns
