#include "gateway/vnpay/parameters.hpp"

#include <algorithm>

#include "core/utf8.hpp"
#include "gateway/form.hpp"

namespace ticketbottle::vnpay {

namespace {

using gateway::reject;

[[nodiscard]] bool is_hashed(const Parameter& parameter) noexcept {
    return parameter.name.starts_with("vnp_") && !parameter.value.empty() && parameter.name != "vnp_SecureHash" &&
           parameter.name != "vnp_SecureHashType";
}

[[nodiscard]] bool name_less(const Parameter& a, const Parameter& b) noexcept { return a.name < b.name; }

}  // namespace

std::optional<Rejection> Parameters::read(std::string_view query) {
    if (query.size() > callback_query_bytes_max) {
        return reject(Reason::malformed_body, "query", "longer than 16 KiB");
    }
    // What needs no decoding stands for itself, and '&' and '=' cut no character: so it is checked here, at once.
    if (!utf8::valid(query)) {
        return reject(Reason::malformed_body, "query", "not UTF-8");
    }
    query_bytes_ = query.size();
    if (gateway::needs_form_decoding(query)) {
        decoded_.reserve(query.size());
    }
    sorted_.reserve(static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1);
    while (!query.empty()) {
        const std::size_t at = std::min(query.find('&'), query.size());
        if (auto bad = add(query.substr(0, at))) {
            return bad;
        }
        query.remove_prefix(std::min(at + 1, query.size()));
    }
    std::sort(sorted_.begin(), sorted_.end(), name_less);
    const auto same_name = [](const Parameter& a, const Parameter& b) { return a.name == b.name; };
    if (std::adjacent_find(sorted_.begin(), sorted_.end(), same_name) != sorted_.end()) {
        return reject(Reason::duplicate_key, "query", "a parameter twice");
    }
    return std::nullopt;
}

std::optional<Rejection> Parameters::add(std::string_view pair) {
    if (pair.empty()) {
        return std::nullopt;
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    Parameter parameter;
    parameter.raw_name = pair.substr(0, equals);
    parameter.raw_value = pair.substr(std::min(equals + 1, pair.size()));
    if (!decode(parameter.raw_name, parameter.name) || !decode(parameter.raw_value, parameter.value)) {
        return reject(Reason::malformed_body, "query", "bad percent-encoding, or not UTF-8");
    }
    sorted_.push_back(parameter);
    return std::nullopt;
}

bool Parameters::decode(std::string_view text, std::string_view& out) {
    out = text;
    if (!gateway::needs_form_decoding(text)) {
        return true;
    }
    const std::size_t from = decoded_.size();
    if (!gateway::append_form_decoded(text, decoded_)) {
        return false;
    }
    out = std::string_view(decoded_).substr(from);
    return utf8::valid(out);
}

std::string_view Parameters::operator[](std::string_view name) const noexcept {
    const auto found =
        std::lower_bound(sorted_.begin(), sorted_.end(), name,
                         [](const Parameter& parameter, std::string_view key) { return parameter.name < key; });
    return found != sorted_.end() && found->name == name ? found->value : std::string_view();
}

std::string Parameters::rebuilt_text() const {
    std::string text;
    text.reserve(query_bytes_);
    for (const Parameter& parameter : sorted_) {
        if (is_hashed(parameter)) {
            if (!text.empty()) {
                text += '&';
            }
            gateway::append_form_encoded(parameter.name, text);
            text += '=';
            gateway::append_form_encoded(parameter.value, text);
        }
    }
    return text;
}

std::string Parameters::raw_text() const {
    std::string text;
    text.reserve(query_bytes_);
    for (const Parameter& parameter : sorted_) {
        if (is_hashed(parameter)) {
            if (!text.empty()) {
                text += '&';
            }
            text.append(parameter.raw_name).append("=").append(parameter.raw_value);
        }
    }
    return text;
}

}  // namespace ticketbottle::vnpay
