#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <ticketbottle/aws/sigv4.hpp>
#include <utility>
#include <vector>

#include "aws/percent.hpp"
#include "core/crypto.hpp"

namespace ticketbottle::aws {

namespace {

constexpr std::string_view operation = "aws.sign";
constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t word_bytes_max = 128;

[[nodiscard]] Error refuse(std::string_view of, std::string_view what) {
    return fail(Errc::invalid_argument, of, std::string(what));
}

[[nodiscard]] bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] bool is_visible(char c) noexcept { return c > ' ' && c <= '~'; }

[[nodiscard]] bool is_word(std::string_view text, std::string_view also) noexcept {
    return !text.empty() && text.size() <= word_bytes_max && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || also.find(c) != std::string_view::npos;
    });
}

[[nodiscard]] std::string_view view(const crypto::Sha256& mac) noexcept {
    return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

[[nodiscard]] std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

/// The parts of "https://host[:port]/path?query" that are signed; views into the URL.
struct Target {
    std::string_view authority;
    std::string_view path;  ///< "/" at least.
    std::string_view query;
};

[[nodiscard]] Result<Target> read_url(std::string_view url) {
    if (!std::all_of(url.begin(), url.end(), is_visible) || url.find('#') != std::string_view::npos)
        return refuse(operation, "url: not visible ASCII, or with a fragment");
    const bool tls = url.starts_with("https://");
    if (!tls && !url.starts_with("http://")) return refuse(operation, "url: neither https nor http");
    url.remove_prefix(tls ? 8 : 7);
    Target target;
    target.authority = url.substr(0, url.find_first_of("/?"));
    if (target.authority.empty() || target.authority.find('@') != std::string_view::npos)
        return refuse(operation, "url: no host, or with a user");
    url.remove_prefix(target.authority.size());
    const auto question = url.find('?');
    target.path = url.substr(0, question);
    target.query = question == std::string_view::npos ? std::string_view() : url.substr(question + 1);
    if (target.path.empty()) target.path = "/";
    for (const std::string_view part : {"//", "/./", "/../"}) {
        if (target.path.find(part) != std::string_view::npos) return refuse(operation, "url: an empty or dot segment");
    }
    if (target.path.ends_with("/.") || target.path.ends_with("/..")) return refuse(operation, "url: a dot segment");
    return target;
}

/// The default port is not in a Host header.
[[nodiscard]] std::string host_of(std::string_view url, std::string_view authority) {
    const std::string_view port = url.starts_with("https://") ? ":443" : ":80";
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return lower(authority);
}

[[nodiscard]] std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string_view, std::string_view>> pairs;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const auto equals = pair.find('=');
        pairs.emplace_back(pair.substr(0, equals),
                           equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    }
    std::sort(pairs.begin(), pairs.end());
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out += '&';
        out.append(name).append("=").append(value);
    }
    return out;
}

/// Without spaces around, and one for many within.
[[nodiscard]] std::string canonical_value(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += c;
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

struct SignedHeaders {
    std::string names;  ///< "host;x-amz-date"
    std::string lines;  ///< "host:...\nx-amz-date:...\n"
};

[[nodiscard]] SignedHeaders canonical_headers(const OutgoingRequest& request, std::string host) {
    std::vector<std::pair<std::string, std::string>> headers{{"host", std::move(host)}};
    for (const Header& header : request.headers)
        headers.emplace_back(lower(header.name), canonical_value(header.value));
    std::stable_sort(headers.begin(), headers.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    SignedHeaders out;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const bool repeated = i > 0 && headers[i].first == headers[i - 1].first;
        if (repeated) {
            out.lines.back() = ',';  // in place of the line's end
            out.lines.append(headers[i].second).append("\n");
            continue;
        }
        if (i > 0) out.names += ';';
        out.names.append(headers[i].first);
        out.lines.append(headers[i].first).append(":").append(headers[i].second).append("\n");
    }
    return out;
}

/// "20150830T123600Z"
[[nodiscard]] std::string basic_time(TimePoint now) {
    std::string text = to_iso8601(now).substr(0, 19);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text + "Z";
}

[[nodiscard]] std::string signature_of(const std::string& text, std::string_view date, const Credentials& credentials,
                                       const Scope& scope) {
    const std::string_view secret = credentials.secret_access_key.expose();
    std::string first;
    first.reserve(4 + secret.size());  // no copy is left behind by growing
    first.append("AWS4").append(secret);
    const crypto::Sha256 of_date = crypto::hmac_sha256(first, {date});
    ::explicit_bzero(first.data(), first.size());
    const crypto::Sha256 of_region = crypto::hmac_sha256(view(of_date), {scope.region});
    const crypto::Sha256 of_service = crypto::hmac_sha256(view(of_region), {scope.service});
    const crypto::Sha256 key = crypto::hmac_sha256(view(of_service), {"aws4_request"});
    return crypto::lower_hex(crypto::hmac_sha256(view(key), {text}));
}

[[nodiscard]] std::optional<Error> find_header_fault(const OutgoingRequest& request) {
    constexpr std::array<std::string_view, 4> added{"host", "authorization", "x-amz-date", "x-amz-security-token"};
    for (const Header& header : request.headers) {
        if (std::find(added.begin(), added.end(), lower(header.name)) != added.end())
            return refuse(operation, "headers: one of those that signing adds");
        const bool good =
            std::all_of(header.value.begin(), header.value.end(), [](char c) { return is_visible(c) || c == ' '; });
        if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), is_visible) || !good)
            return refuse(operation, "headers: not printable ASCII");
    }
    return std::nullopt;
}

}  // namespace

Result<void> check(const Credentials& credentials, const Scope& scope, std::string_view of) {
    if (!is_word(credentials.access_key_id, "_"))
        return refuse(of, "access_key_id: not 1 to 128 letters, digits or '_'");
    const std::string_view secret = credentials.secret_access_key.expose();
    if (secret.empty() || !std::all_of(secret.begin(), secret.end(), is_visible))
        return refuse(of, "secret_access_key: empty or not visible ASCII");
    const std::string_view token = credentials.session_token.expose();
    if (!std::all_of(token.begin(), token.end(), is_visible)) return refuse(of, "session_token: not visible ASCII");
    if (!is_word(scope.region, "-")) return refuse(of, "region: not a region's name, for example eu-central-1");
    if (!is_word(scope.service, "-")) return refuse(of, "service: not a service's name");
    return {};
}

Result<OutgoingRequest> sign(OutgoingRequest request, const Credentials& credentials, const Scope& scope,
                             TimePoint now) {
    if (auto checked = check(credentials, scope, operation); !checked.has_value()) return checked.error();
    if (auto fault = find_header_fault(request)) return *fault;
    const auto target = read_url(request.url);
    if (!target.has_value()) return target.error();

    const std::string time = basic_time(now);
    const std::string date = time.substr(0, 8);
    request.headers.push_back({"X-Amz-Date", time});
    if (!credentials.session_token.empty())
        request.headers.push_back({"X-Amz-Security-Token", std::string(credentials.session_token.expose())});

    const SignedHeaders headers = canonical_headers(request, host_of(request.url, target->authority));
    std::string canonical = request.method + "\n";
    append_percent_encoded(target->path, "/-._~", canonical);  // of '%' too: a path is encoded twice
    canonical.append("\n")
        .append(canonical_query(target->query))
        .append("\n")
        .append(headers.lines)
        .append("\n")
        .append(headers.names)
        .append("\n");
    canonical += crypto::lower_hex(crypto::sha256({request.body}));

    const std::string scope_text = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const std::string to_sign = std::string(algorithm) + "\n" + time + "\n" + scope_text + "\n" +
                                crypto::lower_hex(crypto::sha256({canonical}));
    request.headers.push_back({"Authorization", std::string(algorithm) + " Credential=" + credentials.access_key_id +
                                                    "/" + scope_text + ", SignedHeaders=" + headers.names +
                                                    ", Signature=" + signature_of(to_sign, date, credentials, scope)});
    return request;
}

}  // namespace ticketbottle::aws
