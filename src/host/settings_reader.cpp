#include "host/settings_reader.hpp"

#include <algorithm>
#include <charconv>
#include <ticketbottle/ports/message_transport.hpp>

#include "core/utf8.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::string_view operation = "settings.read";
constexpr std::size_t text_bytes_max = 4096;
// Gateways' keys are 20 to 100 characters; a file pasted by mistake is longer.
constexpr std::size_t key_bytes_max = 1024;

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

const std::string* SettingsReader::find(std::string_view name) const {
    const auto found = environment_.find(std::string(name));
    return found == environment_.end() || found->second.empty() ? nullptr : &found->second;
}

void SettingsReader::text(std::string_view name, std::string_view example, std::string& into) {
    const std::string* value = find(name);
    if (value == nullptr) return;
    if (value->size() > text_bytes_max) return problem(name, "is longer than 4096 bytes", example);
    if (!utf8::valid(*value) || has_control_character(*value))
        return problem(name, "is not UTF-8 text without control characters", example);
    into = *value;
}

void SettingsReader::topic(std::string_view name, std::string_view example, std::string& into) {
    const std::string* value = find(name);
    if (value == nullptr) return;
    if (!is_topic_name(*value))
        return problem(name, "is not a topic name (1 to 249 letters, digits, '.', '_', '-')", example);
    into = *value;
}

std::optional<std::int64_t> SettingsReader::number(std::string_view name, std::int64_t least, std::int64_t most,
                                                   std::string_view example) {
    const std::string* value = find(name);
    if (value == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc() || end != value->data() + value->size() || number < least || number > most) {
        problem(name, "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most), example);
        return std::nullopt;
    }
    return number;
}

Secrets SettingsReader::keys(std::string_view name, std::size_t most, std::string_view example) {
    const std::string* value = find(name);
    if (value == nullptr) return {};
    Secrets keys;
    std::string_view rest = *value;
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        const std::string_view one = rest.substr(0, comma);
        more = comma != std::string_view::npos;
        if (more) rest.remove_prefix(comma + 1);
        if (one.empty() || one.size() > key_bytes_max || one.find(' ') != std::string_view::npos ||
            has_control_character(one)) {
            problem(name, "has a key that is empty, longer than 1024 bytes, or holds a space or control character",
                    example);
            return {};
        }
        keys.emplace_back(one);
    }
    if (keys.size() > most) {
        problem(name, "has more than " + std::to_string(most) + " keys", example);
        return {};
    }
    return keys;
}

Secret SettingsReader::key(std::string_view name, std::string_view example) {
    Secrets keys = this->keys(name, 1, example);
    return keys.empty() ? Secret() : std::move(keys.front());
}

bool SettingsReader::whole(std::string_view thing, std::initializer_list<std::string_view> required,
                           std::initializer_list<std::string_view> optional) {
    const auto set = [this](std::string_view name) { return has(name); };
    const auto some = std::ranges::find_if(required, set);
    const auto extra = std::ranges::find_if(optional, set);
    if (some == required.end() && extra == optional.end()) return false;
    bool complete = true;
    const std::string_view present = some != required.end() ? *some : *extra;
    for (const std::string_view name : required) {
        if (has(name)) continue;
        complete = false;
        add(Errc::invalid_argument, std::string(name) + ": is not set, but " + std::string(present) +
                                        " is: " + std::string(thing) + " needs both, or neither");
    }
    return complete;
}

void SettingsReader::problem(std::string_view name, std::string_view what, std::string_view example) {
    add(Errc::invalid_argument, std::string(name) + ": " + std::string(what) + "; for example " + std::string(name) +
                                    "=" + std::string(example));
}

void SettingsReader::unsupported(std::string_view name, std::string_view what) {
    add(Errc::unsupported, std::string(name) + ": " + std::string(what));
}

std::optional<Error> SettingsReader::problems() const {
    if (!code_) return std::nullopt;
    return fail(*code_, operation, problems_);
}

void SettingsReader::add(Errc code, std::string text) {
    if (!code_) code_ = code;
    problems_.append(problems_.empty() ? "" : "\n").append(text);
}

}  // namespace ticketbottle::host
