#include "callbacks.hpp"

namespace ticketbottle::capi {

namespace {

constexpr std::size_t detail_bytes_max = 500;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// At most 500 bytes, cut between characters.
std::string_view shortened(std::string_view text) {
    if (text.size() <= detail_bytes_max) return text;
    std::size_t end = detail_bytes_max;
    while (end > 0 && is_continuation(text[end])) --end;
    return text.substr(0, end);
}

}  // namespace

Errc to_errc(tkb_status status) {
    return status >= TKB_INVALID_ARGUMENT && status <= TKB_INTERNAL ? static_cast<Errc>(status) : Errc::internal;
}

Result<void> outcome(tkb_status status, tkb_error* error, std::string_view operation) {
    const auto destroy = [](tkb_error* given) { tkb_error_destroy(given); };
    const std::unique_ptr<tkb_error, decltype(destroy)> owned(error, destroy);
    if (status == TKB_OK) return {};
    const std::string_view said = error == nullptr ? std::string_view() : error->error.detail_text();
    return fail(to_errc(status), operation, said.empty() ? "the host's backend failed" : std::string(said));
}

std::vector<tkb_bytes> views(std::span<const std::string> texts) {
    std::vector<tkb_bytes> all;
    all.reserve(texts.size());
    for (const std::string& text : texts) all.push_back(bytes(text));
    return all;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_error* tkb_error_create(tkb_status status, tkb_bytes detail) {
    tkb_error* made = nullptr;
    (void)guard(&made, [&]() -> Result<void> {
        const bool readable = detail.size != 0 && detail.data != nullptr;
        return fail(to_errc(status), "host", readable ? std::string(shortened(view(detail))) : std::string());
    });
    return made;
}

tkb_status tkb_buffer_set(tkb_buffer* buffer, tkb_bytes given, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "buffer.set";
        TKB_TRY(require(buffer, operation, "buffer"));
        TKB_TRY(require(given, operation, "bytes"));
        buffer->bytes.assign(view(given));
        return {};
    });
}
