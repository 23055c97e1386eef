#pragma once
/// \file
/// A subcommand's options: what there are, how they read in --help, and what was given.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <vector>

namespace program {

using ticketbottle::Result;

struct Option {
    std::string_view name;   ///< "--amount"
    std::string_view value;  ///< What its value is called in the help, "N"; empty: a flag.
    std::string_view help;
};

struct Usage {
    std::string_view name;         ///< "payment create"
    std::string_view positionals;  ///< "EVENT.json|-", as shown in the help; empty: none.
    std::size_t positionals_min = 0;
    std::size_t positionals_max = 0;
    std::string_view summary;  ///< One line.
    std::vector<Option> options;
    std::string_view more;  ///< Paragraphs and examples below the options.
};

[[nodiscard]] std::string help_text(const Usage& usage);

class Arguments {
public:
    [[nodiscard]] bool has(std::string_view option) const { return values_.contains(std::string(option)); }
    [[nodiscard]] std::optional<std::string> value(std::string_view option) const;
    [[nodiscard]] std::string value_or(std::string_view option, std::string_view otherwise) const;
    /// Errors: invalid_argument, naming the option and the range.
    [[nodiscard]] Result<std::int64_t> number(std::string_view option, std::int64_t otherwise, std::int64_t least,
                                              std::int64_t most) const;
    [[nodiscard]] const std::vector<std::string>& positionals() const noexcept { return positionals_; }

private:
    friend Result<Arguments> parse(const Usage& usage, std::span<const std::string> given);
    std::map<std::string, std::string> values_;
    std::vector<std::string> positionals_;
};

/// "--name value" and "--name=value"; "--" ends the options. `--help` is every command's.
/// Errors: invalid_argument, naming what is unknown, lacking or given twice.
[[nodiscard]] Result<Arguments> parse(const Usage& usage, std::span<const std::string> given);

}  // namespace program
