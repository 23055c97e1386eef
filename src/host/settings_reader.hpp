#pragma once
/// \file
/// Reads variables one by one and gathers what is wrong with them. Internal: not installed.

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/host/settings.hpp>
#include <utility>

namespace ticketbottle::host {

/// The variables that hold a key, and every other one this build knows.
[[nodiscard]] bool is_secret_variable(std::string_view name) noexcept;

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

class SettingsReader {
public:
    explicit SettingsReader(const Environment& environment) : environment_(environment) {}

    /// Not set, or set to nothing: nullptr.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

    /// `into` keeps its default when the variable is not set. Text: UTF-8 without control characters, at most 4096
    /// bytes.
    void text(std::string_view name, std::string_view example, std::string& into);
    void topic(std::string_view name, std::string_view example, std::string& into);
    /// A whole number within [least, most].
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most,
                                                     std::string_view example);

    /// One of `words`, in any case.
    template <class Enum>
    void choice(std::string_view name, std::initializer_list<std::pair<std::string_view, Enum>> words, Enum& into) {
        const std::string* value = find(name);
        if (value == nullptr) return;
        std::string known;
        for (const auto& [word, meaning] : words) {
            if (same_word(*value, word)) {
                into = meaning;
                return;
            }
            known.append(known.empty() ? "" : " or ").append(word);
        }
        problem(name, "is not " + known, std::string(words.begin()->first));
    }

    /// Keys separated by commas, newest first, 1..`most`. Not set: empty, and no problem.
    [[nodiscard]] Secrets keys(std::string_view name, std::size_t most, std::string_view example);
    [[nodiscard]] Secret key(std::string_view name, std::string_view example);

    /// Some of the variables of one thing are set and some are not: names what lacks.
    /// \return  Are all of `required` set? (If none of all is, no problem.)
    [[nodiscard]] bool whole(std::string_view thing, std::initializer_list<std::string_view> required,
                             std::initializer_list<std::string_view> optional = {});

    void problem(std::string_view name, std::string_view what, std::string_view example);
    void unsupported(std::string_view name, std::string_view what);
    [[nodiscard]] std::optional<Error> problems() const;

private:
    void add(Errc code, std::string text);
    const Environment& environment_;
    std::optional<Errc> code_;
    std::string problems_;
};

/// DATABASE_URL: "file:PATH", "sqlite:PATH", "sqlite:///PATH", "postgresql://..."; or DB_HOST and those with it. Tells `reader` what is wrong.
void read_database(SettingsReader& reader, Settings& settings);
void read_gateways(SettingsReader& reader, Gateways& gateways);
/// Where a gateway is asked. Keys go there, so it is https, or this machine itself.
void read_api_base(SettingsReader& reader, std::string_view name, std::string_view example, std::string& into);
void read_reconcile(SettingsReader& reader, Settings& settings);
void read_kafka(SettingsReader& reader, Settings& settings);
void read_sns(SettingsReader& reader, Settings& settings);
/// After database and gateways: it needs both.
void read_checkout(SettingsReader& reader, Settings& settings);
/// Misspelt TICKETBOTTLE_ names, and variables of parts this build has not.
void check_names(const Environment& environment, SettingsReader& reader);

}  // namespace ticketbottle::host
