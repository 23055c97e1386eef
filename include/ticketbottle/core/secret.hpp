#pragma once
/// \file
/// A key, password or token. Not printable, compared in constant time, kept out of core dumps
/// (its own pages, MADV_DONTDUMP, locked when the limit allows) and wiped when the last copy dies.

#include <memory>
#include <string_view>
#include <vector>

namespace ticketbottle {

class Secret {
public:
    /// An empty secret: every verifier refuses it as a configuration error.
    Secret() = default;
    /// Copies `bytes`; the caller should wipe its own copy. Throws std::bad_alloc.
    explicit Secret(std::string_view bytes);

    [[nodiscard]] bool empty() const noexcept { return expose().empty(); }
    /// The bytes, for the call that needs them. Never log or store the view; it lives as long as this Secret.
    [[nodiscard]] std::string_view expose() const noexcept;

    /// Constant time in the content; the lengths are not hidden.
    friend bool operator==(const Secret& a, const Secret& b) noexcept;

private:
    struct Pages;
    std::shared_ptr<const Pages> pages_;
};

/// Keys of one purpose, newest first. All are tried, in constant time.
using Secrets = std::vector<Secret>;

}  // namespace ticketbottle
