#include "guard.hpp"

// Compiled into each of the C libraries: nothing but tkb_* is shared between them.
namespace ticketbottle::capi {

namespace {
tkb_error out_of_memory{Error{Errc::internal, "out of memory", nullptr}, std::nullopt, true};
}

void set_error(tkb_error** out, Error error, std::optional<Reason> reason) noexcept {
    if (out == nullptr) return;
    *out = new (std::nothrow) tkb_error{std::move(error), reason};
    if (*out == nullptr) *out = &out_of_memory;
}

void set_out_of_memory(tkb_error** out) noexcept {
    if (out != nullptr) *out = &out_of_memory;
}

}  // namespace ticketbottle::capi
