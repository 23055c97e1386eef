#include "guard.hpp"

#include <ticketbottle/core/version.hpp>

using ticketbottle::capi::bytes;

static_assert(TKB_INVALID_ARGUMENT == static_cast<std::uint32_t>(ticketbottle::Errc::invalid_argument));
static_assert(TKB_MALFORMED == static_cast<std::uint32_t>(ticketbottle::Errc::malformed));
static_assert(TKB_UNAUTHENTIC == static_cast<std::uint32_t>(ticketbottle::Errc::unauthentic));
static_assert(TKB_CONFLICT == static_cast<std::uint32_t>(ticketbottle::Errc::conflict));
static_assert(TKB_UNAVAILABLE == static_cast<std::uint32_t>(ticketbottle::Errc::unavailable));
static_assert(TKB_OUTCOME_UNKNOWN == static_cast<std::uint32_t>(ticketbottle::Errc::outcome_unknown));
static_assert(TKB_CANCELLED == static_cast<std::uint32_t>(ticketbottle::Errc::cancelled));
static_assert(TKB_UNSUPPORTED == static_cast<std::uint32_t>(ticketbottle::Errc::unsupported));
static_assert(TKB_INTERNAL == static_cast<std::uint32_t>(ticketbottle::Errc::internal));

tkb_status tkb_error_status(const tkb_error* error) {
    return error == nullptr ? TKB_OK : static_cast<tkb_status>(error->error.code);
}
tkb_bytes tkb_error_operation(const tkb_error* error) {
    return error == nullptr ? tkb_bytes{nullptr, 0} : bytes(error->error.operation);
}
tkb_bytes tkb_error_detail(const tkb_error* error) {
    return error == nullptr ? tkb_bytes{nullptr, 0} : bytes(error->error.detail_text());
}
tkb_bytes tkb_error_reason(const tkb_error* error) {
    return error == nullptr || !error->reason ? tkb_bytes{nullptr, 0} : bytes(to_string(*error->reason));
}
void tkb_error_destroy(tkb_error* error) {
    if (error != nullptr && !error->permanent) delete error;
}

tkb_bytes tkb_buffer_bytes(const tkb_buffer* buffer) { return buffer == nullptr ? tkb_bytes{nullptr, 0} : bytes(buffer->bytes); }
void tkb_buffer_destroy(tkb_buffer* buffer) { delete buffer; }

uint32_t tkb_version(void) {
    return static_cast<std::uint32_t>(ticketbottle::version_major * 10000 + ticketbottle::version_minor * 100 + ticketbottle::version_patch);
}
