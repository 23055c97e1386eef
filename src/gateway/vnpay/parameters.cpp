#include "gateway/vnpay/parameters.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"
#include "gateway/form.hpp"

namespace ticketbottle::vnpay {

namespace {

using gateway::reject;

constexpr std::size_t usual_parameters = 16;  ///< A genuine call has at most 15.

[[nodiscard]] bool is_hashed(const Parameter& parameter) noexcept {
    return !parameter.value.empty() && parameter.name.starts_with("vnp_");
}

/// Where a character next stands in a text. Asked for places in rising order, it reads the text once in all.
class Next {
public:
    Next(std::string_view text, char c) : text_(text), c_(c), at_(text.find(c)) {}
    /// npos if nowhere.
    [[nodiscard]] std::size_t from(std::size_t place) noexcept {
        if (at_ < place) {
            at_ = text_.find(c_, place);
        }
        return at_;
    }

private:
    std::string_view text_;
    char c_;
    std::size_t at_;
};

/// Takes a query apart from its front. A piece without '+' and '%' stands for itself.
class Reader {
public:
    Reader(std::string_view query, std::pmr::memory_resource& pool)
        : query_(query), plus_(query, '+'), percent_(query, '%') {
        if (std::min(plus_.from(0), percent_.from(0)) < query.size()) {
            decoded_ = static_cast<char*>(pool.allocate(query.size(), 1));
        }
    }

    [[nodiscard]] bool at_end() const noexcept { return at_ >= query_.size(); }

    /// The next pair; what is between two '&' is one with an empty name. False if it cannot be decoded, or not to UTF-8.
    [[nodiscard]] bool next(Parameter& parameter) noexcept {
        const std::size_t begin = at_;
        const std::size_t end = std::min(query_.find('&', begin), query_.size());
        at_ = end + 1;
        parameter.raw = {query_.data() + begin, end - begin};
        const std::size_t equals = begin + std::min(parameter.raw.find('='), parameter.raw.size());
        return decode(begin, equals, parameter.name) && decode(std::min(equals + 1, end), end, parameter.value);
    }

private:
    [[nodiscard]] bool decode(std::size_t begin, std::size_t end, std::string_view& out) noexcept {
        out = {query_.data() + begin, end - begin};
        if (std::min(plus_.from(begin), percent_.from(begin)) >= end) {
            return true;
        }
        char* const last = gateway::form_decode(out, decoded_);
        if (last == nullptr) {
            return false;
        }
        out = {decoded_, last};
        decoded_ = last;
        return utf8::valid(out);
    }

    std::string_view query_;
    std::size_t at_ = 0;
    Next plus_;
    Next percent_;
    char* decoded_ = nullptr;  ///< Where the next piece goes.
};

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
    sorted_.reserve(usual_parameters);
    for (Reader reader(query, pool_); !reader.at_end();) {
        Parameter& parameter = sorted_.emplace_back();  // filled in its place: copying it costs as much as reading it
        if (!reader.next(parameter)) {
            return reject(Reason::malformed_body, "query", "bad percent-encoding, or not UTF-8");
        }
        if (parameter.raw.empty()) {
            sorted_.pop_back();
        } else if (auto* const apart = place_apart(parameter.name)) {
            if (std::exchange(*apart, parameter.value).has_value()) {
                return reject(Reason::duplicate_key, "query", "a parameter twice");
            }
            sorted_.pop_back();
        }
    }
    if (!sort()) {
        return reject(Reason::duplicate_key, "query", "a parameter twice");
    }
    return std::nullopt;
}

std::optional<std::string_view>* Parameters::place_apart(std::string_view name) noexcept {
    if (name == "vnp_SecureHash") {
        return &hash_;
    }
    return name == "vnp_SecureHashType" ? &hash_type_ : nullptr;
}

bool Parameters::sort() {
    const auto less = [](const Parameter& a, const Parameter& b) { return a.name < b.name; };
    const auto not_less = [less](const Parameter& a, const Parameter& b) { return !less(a, b); };
    if (std::adjacent_find(sorted_.begin(), sorted_.end(), not_less) == sorted_.end()) {
        return true;  // rising already, as VNPay sends them
    }
    std::sort(sorted_.begin(), sorted_.end(), less);
    return std::adjacent_find(sorted_.begin(), sorted_.end(), not_less) == sorted_.end();
}

std::string_view Parameters::received_text(std::string& buffer) const {
    std::string_view text;
    bool in_one_piece = true;
    for (const Parameter& parameter : sorted_) {
        if (!is_hashed(parameter)) {
            continue;
        }
        if (text.empty()) {
            text = parameter.raw;
        } else if (in_one_piece && parameter.raw.data() == text.data() + text.size() + 1) {  // after its '&'
            text = {text.data(), text.size() + 1 + parameter.raw.size()};
        } else {
            if (in_one_piece) {
                buffer.reserve(query_bytes_);
                buffer = text;
                in_one_piece = false;
            }
            buffer.append("&").append(parameter.raw);
        }
    }
    return in_one_piece ? text : std::string_view(buffer);
}

std::string Parameters::encoded_text() const {
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

}  // namespace ticketbottle::vnpay
