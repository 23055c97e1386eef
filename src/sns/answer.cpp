#include "sns/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "core/format.hpp"
#include "sns/xml.hpp"

namespace ticketbottle::sns {

namespace {

enum class Blame : std::uint8_t { way, topic, message };

/// "API reference: Publish, PublishBatch, Common Errors". Codes that are not here are judged by the HTTP status or
/// SenderFault.
constexpr std::array<std::pair<std::string_view, Blame>, 32> codes{{
    {"Throttled", Blame::way},
    {"Throttling", Blame::way},
    {"ThrottlingException", Blame::way},
    {"RequestLimitExceeded", Blame::way},
    {"TooManyRequestsException", Blame::way},
    {"ServiceUnavailable", Blame::way},
    {"AccessDenied", Blame::way},
    {"AccessDeniedException", Blame::way},
    {"AuthorizationError", Blame::way},
    {"NotAuthorized", Blame::way},
    {"OptInRequired", Blame::way},
    {"ExpiredToken", Blame::way},
    {"ExpiredTokenException", Blame::way},
    {"RequestExpired", Blame::way},
    {"InvalidClientTokenId", Blame::way},
    {"MissingAuthenticationToken", Blame::way},
    {"IncompleteSignature", Blame::way},
    {"SignatureDoesNotMatch", Blame::way},
    {"InvalidSecurity", Blame::way},
    {"KMSAccessDenied", Blame::way},
    {"KMSDisabled", Blame::way},
    {"KMSInvalidState", Blame::way},
    {"KMSNotFound", Blame::way},
    {"KMSOptInRequired", Blame::way},
    {"KMSThrottling", Blame::way},
    {"NotFound", Blame::topic},
    {"NotFoundException", Blame::topic},
    {"EndpointDisabled", Blame::topic},
    {"InvalidParameter", Blame::message},
    {"InvalidParameterValue", Blame::message},
    {"ValidationError", Blame::message},
    {"BatchRequestTooLong", Blame::message},
}};

/// A code is a word; anything else is not repeated.
[[nodiscard]] bool is_word(std::string_view text) noexcept {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), plain);
}

[[nodiscard]] const Blame* blame_of(std::string_view code) noexcept {
    // "AuthorizationErrorException": the model's name of a code, by which some answers tell it.
    if (code.ends_with("Exception") &&
        std::none_of(codes.begin(), codes.end(), [&](const auto& row) { return row.first == code; }))
        code.remove_suffix(9);
    const auto found = std::find_if(codes.begin(), codes.end(), [&](const auto& row) { return row.first == code; });
    return found == codes.end() ? nullptr : &found->second;
}

[[nodiscard]] Errc errc_of(Blame blame) noexcept {
    return blame == Blame::way ? Errc::unavailable : blame == Blame::topic ? Errc::unsupported : Errc::malformed;
}

[[nodiscard]] std::string_view child_text(const std::vector<Element>& elements, std::size_t parent,
                                          std::string_view name) noexcept {
    for (std::size_t i = parent + 1; i < elements.size(); ++i) {
        if (elements[i].parent == parent && elements[i].name == name) return elements[i].text;
    }
    return {};
}

/// The only element that is at this path, or 0.
[[nodiscard]] std::size_t find_only(const std::vector<Element>& elements, std::size_t parent,
                                    std::string_view name) noexcept {
    std::size_t found = 0;
    for (std::size_t i = 1; i < elements.size(); ++i) {
        if (elements[i].parent != parent || elements[i].name != name) continue;
        if (found != 0) return 0;
        found = i;
    }
    return found;
}

[[nodiscard]] DeliveryReport unknown(std::string reason) {
    return {Delivery::unknown, Errc::outcome_unknown, std::move(reason)};
}

[[nodiscard]] DeliveryReport report_of_failure(const std::vector<Element>& elements, std::size_t member) {
    const std::string_view code = child_text(elements, member, "Code");
    const std::string_view shown = is_word(code) ? code : std::string_view("without a known code");
    const Blame* const known = blame_of(code);
    const bool at_fault = child_text(elements, member, "SenderFault") == "true";
    const Blame blame = known != nullptr ? *known : at_fault ? Blame::message : Blame::way;
    return {Delivery::not_sent, errc_of(blame), formatted("SNS refused it: {}", shown)};
}

/// Each entry that is told of once, in one list.
void read_members(const std::vector<Element>& elements, std::size_t list, bool successful,
                  std::span<DeliveryReport> reports, std::vector<int>& told) {
    for (std::size_t i = list + 1; list != 0 && i < elements.size(); ++i) {
        if (elements[i].parent != list || elements[i].name != "member") continue;
        const std::string_view id = child_text(elements, i, "Id");
        std::size_t index = reports.size();
        const auto read = std::from_chars(id.data(), id.data() + id.size(), index);
        if (read.ec != std::errc() || read.ptr != id.data() + id.size() || index >= reports.size()) continue;
        ++told[index];
        reports[index] = successful ? DeliveryReport{Delivery::delivered, Errc::outcome_unknown, {}}
                                    : report_of_failure(elements, i);
    }
}

[[nodiscard]] BatchAnswer read_success(const HttpAnswer& answer, std::span<DeliveryReport> reports) {
    const auto elements = parse_xml(answer.body);
    const std::size_t result = elements && elements->front().name == "PublishBatchResponse"
                                   ? find_only(*elements, 0, "PublishBatchResult")
                                   : 0;
    if (result == 0) return {About::way, unknown("SNS's answer cannot be read")};
    std::vector<int> told(reports.size(), 0);
    read_members(*elements, find_only(*elements, result, "Successful"), true, reports, told);
    read_members(*elements, find_only(*elements, result, "Failed"), false, reports, told);
    for (std::size_t i = 0; i < reports.size(); ++i) {
        if (told[i] != 1) reports[i] = unknown("SNS's answer does not say what became of it");
    }
    return {About::entries, {}};
}

}  // namespace

BatchAnswer read_answer(const HttpAnswer& answer, std::span<DeliveryReport> reports) {
    if (answer.status == 200) return read_success(answer, reports);
    if (answer.status < 400 || answer.status >= 500)
        return {About::way, unknown(formatted("SNS answered HTTP {}", answer.status))};
    const auto elements = parse_xml(answer.body);
    const std::size_t error =
        elements && elements->front().name == "ErrorResponse" ? find_only(*elements, 0, "Error") : 0;
    const std::string_view code = error == 0 ? std::string_view() : child_text(*elements, error, "Code");
    if (!is_word(code)) {
        // No answer of SNS's: of something before it, which has let nothing through if it asks for another key or for
        // patience.
        if (answer.status == 401 || answer.status == 403 || answer.status == 429)
            return {
                About::way,
                {Delivery::not_sent, Errc::unavailable, formatted("HTTP {} without a reason of SNS's", answer.status)}};
        return {About::way, unknown(formatted("HTTP {} without a reason of SNS's", answer.status))};
    }
    const Blame* const known = blame_of(code);
    const Blame blame = known != nullptr                               ? *known
                        : answer.status == 400 || answer.status == 413 ? Blame::message
                                                                       : Blame::way;
    const DeliveryReport whole{Delivery::not_sent, errc_of(blame),
                               formatted("SNS refused it: HTTP {}, {}", answer.status, code)};
    return {blame == Blame::way ? About::way : blame == Blame::topic ? About::topic : About::batch, whole};
}

BatchAnswer no_answer(const Error& error) {
    const std::string reason(error.detail_text());
    if (error.code == Errc::outcome_unknown || error.code == Errc::malformed) return {About::way, unknown(reason)};
    // A setting that keeps requests from being made, too, is no message's fault.
    const Errc cause = error.code == Errc::cancelled ? Errc::cancelled : Errc::unavailable;
    return {About::way, {Delivery::not_sent, cause, reason}};
}

}  // namespace ticketbottle::sns
