#pragma once
/// \file
/// The parameters of a VNPay call: decoded, sorted, and the two texts their hash may be over. Internal.

#include <array>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/fields.hpp"

namespace ticketbottle::vnpay {

struct Parameter {
    std::string_view raw;    ///< As received: "name=value", or "name" alone.
    std::string_view name;   ///< Decoded, UTF-8.
    std::string_view value;  ///< Decoded, UTF-8; may hold NUL.
};

/// Views the query it was read from, which must outlive it. Not copied or moved: views itself.
class Parameters {
public:
    Parameters() = default;
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;

    /// Once per object. malformed_body: too long, a '%' without two hex digits, or not UTF-8; duplicate_key: a name
    /// twice.
    [[nodiscard]] std::optional<Rejection> read(std::string_view query);

    /// Decoded value of vnp_SecureHash; "" if there is none.
    [[nodiscard]] std::string_view hash() const noexcept { return hash_.value_or(std::string_view()); }
    /// Decoded value of any parameter but the hash and its type; "" if there is none or it is empty, which are the same
    /// to VNPay.
    [[nodiscard]] std::string_view operator[](std::string_view name) const noexcept {  // here, so that a name's length is known
        for (const Parameter& parameter : sorted_) {
            // The last letter tells names of one length apart, their beginnings do not.
            if (parameter.name.size() == name.size() && parameter.name.ends_with(name.back()) && parameter.name == name) {
                return parameter.value;
            }
        }
        return {};
    }

    /// `name=value&...` of the hashed parameters (those beginning vnp_, without hash, hash type and empty values),
    /// sorted by decoded name, with their bytes as received. Valid hashes are over this text...
    /// \param buffer  Holds the text unless it stands in the query in one piece, as it does in VNPay's own calls.
    [[nodiscard]] std::string_view received_text(std::string& buffer) const;
    /// ...or over the same pairs encoded anew.
    [[nodiscard]] std::string encoded_text() const;

private:
    /// Where the value of the hash or of its type goes; null for any other name.
    [[nodiscard]] std::optional<std::string_view>* place_apart(std::string_view name) noexcept;
    /// False if a name is there twice.
    [[nodiscard]] bool sort();

    std::array<std::byte, 2048> memory_;  ///< Enough for a genuine call.
    std::pmr::monotonic_buffer_resource pool_{memory_.data(), memory_.size()};
    std::pmr::vector<Parameter> sorted_{&pool_};  ///< By decoded name.
    std::optional<std::string_view> hash_;
    std::optional<std::string_view> hash_type_;
    std::size_t query_bytes_ = 0;
};

}  // namespace ticketbottle::vnpay
