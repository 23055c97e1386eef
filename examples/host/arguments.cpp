#include "arguments.hpp"

#include <algorithm>
#include <charconv>

namespace program {

using ticketbottle::Errc;
using ticketbottle::Error;
using ticketbottle::fail;

namespace {

Error invalid(std::string text) { return fail(Errc::invalid_argument, "usage", std::move(text)); }

const Option* find(const Usage& usage, std::string_view name) {
    static constexpr Option help{"--help", "", ""};
    if (name == help.name) return &help;
    const auto found = std::ranges::find(usage.options, name, &Option::name);
    return found == usage.options.end() ? nullptr : &*found;
}

}  // namespace

std::string help_text(const Usage& usage) {
    std::string out = "Usage: ticketbottle " + std::string(usage.name);
    if (!usage.options.empty()) out += " [options]";
    if (!usage.positionals.empty()) out.append(" ").append(usage.positionals);
    out.append("\n\n").append(usage.summary).append("\n");
    if (!usage.options.empty()) {
        const auto left = [](const Option& option) {
            return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
        };
        std::size_t width = 0;
        for (const Option& option : usage.options) width = std::max(width, left(option).size());
        out += "\nOptions:\n";
        for (const Option& option : usage.options) {
            const std::string text = left(option);
            out.append("  ").append(text).append(width - text.size() + 2, ' ').append(option.help).append("\n");
        }
    }
    if (!usage.more.empty()) out.append("\n").append(usage.more).append("\n");
    return out;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
    const auto found = values_.find(std::string(option));
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::string Arguments::value_or(std::string_view option, std::string_view otherwise) const {
    return value(option).value_or(std::string(otherwise));
}

Result<std::int64_t> Arguments::number(std::string_view option, std::int64_t otherwise, std::int64_t least,
                                       std::int64_t most) const {
    const auto text = value(option);
    if (!text) return otherwise;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number < least || number > most)
        return invalid(std::string(option) + " is not a whole number from " + std::to_string(least) + " to " +
                       std::to_string(most));
    return number;
}

Result<Arguments> parse(const Usage& usage, std::span<const std::string> given) {
    Arguments arguments;
    bool options = true;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string& word = given[i];
        if (options && word == "--") {
            options = false;
            continue;
        }
        if (!options || word == "-" || !word.starts_with('-')) {
            arguments.positionals_.push_back(word);
            continue;
        }
        const auto equals = word.find('=');
        const std::string name = word == "-h" ? "--help" : word.substr(0, equals);
        const Option* option = find(usage, name);
        if (option == nullptr) return invalid("unknown option " + name);
        if (arguments.has(name)) return invalid("the option " + name + " is given twice");
        if (option->value.empty()) {
            if (equals != std::string::npos) return invalid("the option " + name + " takes no value");
            arguments.values_.emplace(name, "");
        } else if (equals != std::string::npos) {
            arguments.values_.emplace(name, word.substr(equals + 1));
        } else if (i + 1 < given.size()) {
            arguments.values_.emplace(name, given[++i]);
        } else {
            return invalid("the option " + name + " needs a value: " + name + " " + std::string(option->value));
        }
    }
    if (arguments.has("--help")) return arguments;
    if (arguments.positionals_.size() < usage.positionals_min)
        return invalid("lacks " + std::string(usage.positionals));
    if (arguments.positionals_.size() > usage.positionals_max)
        return invalid("does not take \"" + arguments.positionals_[usage.positionals_max] + "\"");
    return arguments;
}

}  // namespace program
