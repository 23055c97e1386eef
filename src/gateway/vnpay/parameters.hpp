#pragma once
/// \file
/// The parameters of a VNPay call: decoded, sorted, and the two texts their hash may be over. Internal.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/fields.hpp"

namespace ticketbottle::vnpay {

struct Parameter {
    std::string_view raw_name;   ///< As received.
    std::string_view raw_value;  ///< As received.
    std::string_view name;       ///< Decoded, UTF-8.
    std::string_view value;      ///< Decoded, UTF-8; may hold NUL.
};

/// Sorted by decoded name; views the query it was read from, which must outlive it. Not copied or moved: views itself.
class Parameters {
public:
    Parameters() = default;
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;

    /// Once per object. malformed_body: too long, a '%' without two hex digits, or not UTF-8; duplicate_key: a name
    /// twice.
    [[nodiscard]] std::optional<Rejection> read(std::string_view query);

    /// Decoded value; "" if there is none or it is empty, which are the same to VNPay.
    [[nodiscard]] std::string_view operator[](std::string_view name) const noexcept;

    /// `name=value&...` of the hashed parameters (those beginning vnp_, without hash, hash type and empty values),
    /// encoded anew. Valid hashes are over this text...
    [[nodiscard]] std::string rebuilt_text() const;
    /// ...or over the same pairs with their bytes as received.
    [[nodiscard]] std::string raw_text() const;

private:
    [[nodiscard]] std::optional<Rejection> add(std::string_view pair);
    /// False if it cannot be decoded, or not to UTF-8.
    [[nodiscard]] bool decode(std::string_view text, std::string_view& out);

    std::vector<Parameter> sorted_;
    std::string decoded_;  ///< Reserved once: views into it stay valid.
    std::size_t query_bytes_ = 0;
};

}  // namespace ticketbottle::vnpay
