#pragma once
/// \file
/// Reads Prometheus text exposition format 0.0.4 strictly and says what is wrong with it.

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ticketbottle::test {

using Labels = std::map<std::string, std::string>;
struct Exposition {
    std::string error;                                        ///< "" when the text is right.
    std::map<std::string, std::string> types;                 ///< Family -> type.
    std::map<std::string, std::string> helps;                 ///< Family -> help, unescaped.
    std::map<std::pair<std::string, Labels>, double> samples;  ///< Name and labels -> value.

    [[nodiscard]] double value(const std::string& name, const Labels& labels = {}) const {
        const auto place = samples.find({name, labels});
        return place == samples.end() ? std::numeric_limits<double>::quiet_NaN() : place->second;
    }
};

class ExpositionParser {
public:
    static Exposition parse(std::string_view text) {
        ExpositionParser parser;
        if (!text.empty() && text.back() != '\n') parser.result_.error = "the last line has no end";
        std::size_t number = 0;
        while (!text.empty() && parser.result_.error.empty()) {
            const std::size_t end = text.find('\n');
            ++number;
            if (!parser.line(text.substr(0, end))) parser.fail("line " + std::to_string(number) + ": " + std::string(text.substr(0, end)));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        parser.check_histograms();
        return parser.result_;
    }

private:
    void fail(std::string error) {
        if (result_.error.empty()) result_.error = std::move(error);
    }
    bool line(std::string_view text) {
        if (text.starts_with("# HELP ")) return help(text.substr(7));
        if (text.starts_with("# TYPE ")) return type(text.substr(7));
        return sample(text);
    }
    static std::string name(std::string_view& text) {
        std::size_t i = 0;
        const auto ok = [&](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == ':' || (i > 0 && std::isdigit(static_cast<unsigned char>(c))); };
        while (i < text.size() && ok(text[i])) ++i;
        const std::string taken(text.substr(0, i));
        text.remove_prefix(i);
        return taken;
    }
    static bool take(std::string_view& text, char c) {
        if (!text.starts_with(c)) return false;
        text.remove_prefix(1);
        return true;
    }
    static std::optional<std::string> unescape(std::string_view text, bool quotes) {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '\\') {
                out += text[i];
                continue;
            }
            if (++i == text.size()) return std::nullopt;
            if (text[i] == 'n') {
                out += '\n';
            } else if (text[i] == '\\' || (quotes && text[i] == '"')) {
                out += text[i];
            } else {
                return std::nullopt;
            }
        }
        return out;
    }
    bool help(std::string_view text) {
        const std::string family = name(text);
        const auto plain = take(text, ' ') ? unescape(text, false) : std::nullopt;
        return !family.empty() && plain && !result_.types.contains(family) && result_.helps.emplace(family, *plain).second;
    }
    bool type(std::string_view text) {
        family_ = name(text);
        static const std::set<std::string_view> known = {" counter", " gauge", " histogram"};
        return !family_.empty() && known.contains(text) && result_.types.emplace(family_, text.substr(1)).second;
    }
    bool labels(std::string_view& text, Labels& out) {
        if (!take(text, '{')) return true;
        do {
            const std::string label = name(text);
            if (label.empty() || label.find(':') != std::string::npos || !take(text, '=') || !take(text, '"')) return false;
            std::size_t end = 0;
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
            if (end >= text.size()) return false;
            const auto value = unescape(text.substr(0, end), true);
            if (!value || !out.emplace(label, *value).second) return false;
            text.remove_prefix(end + 1);
        } while (take(text, ','));
        return take(text, '}');
    }
    bool sample(std::string_view text) {
        const std::string sample_name = name(text);
        Labels found;
        if (sample_name.empty() || !labels(text, found) || !take(text, ' ')) return false;
        if (!belongs(sample_name)) return false;
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return false;
        return result_.samples.emplace(std::pair(sample_name, found), value).second;
    }
    /// Samples stand below their TYPE line, all of a family together.
    bool belongs(const std::string& sample_name) const {
        if (family_.empty()) return false;
        if (result_.types.at(family_) != "histogram") return sample_name == family_;
        return sample_name == family_ + "_bucket" || sample_name == family_ + "_sum" || sample_name == family_ + "_count";
    }
    /// Buckets rise, end with +Inf, and that is the count.
    void check_histograms() {
        for (const auto& [family, kind] : result_.types) {
            if (kind != "histogram") continue;
            std::map<Labels, std::map<double, double>> buckets;
            for (const auto& [key, value] : result_.samples) {
                if (key.first != family + "_bucket") continue;
                Labels rest = key.second;
                const std::string le = rest["le"];
                rest.erase("le");
                buckets[rest][le == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(le)] = value;
            }
            for (const auto& [labels_of, bounds] : buckets) {
                double before = 0;
                for (const auto& [bound, count] : bounds) {
                    if (count < before) fail(family + ": buckets fall");
                    before = count;
                }
                if (!std::isinf(bounds.rbegin()->first)) fail(family + ": no +Inf bucket");
                if (result_.value(family + "_count", labels_of) != before) fail(family + ": count is not the +Inf bucket");
                if (std::isnan(result_.value(family + "_sum", labels_of))) fail(family + ": no sum");
            }
        }
    }

    Exposition result_;
    std::string family_;
};

}  // namespace ticketbottle::test
