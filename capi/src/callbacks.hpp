#pragma once
/// \file
/// A host's vtable, its user_data, and the one way in which the library calls it.

#include "guard.hpp"

namespace ticketbottle::capi {

/// What a callback said, as a result. Destroys `error`. An unknown status is internal.
[[nodiscard]] Result<void> outcome(tkb_status status, tkb_error* error, std::string_view operation);
[[nodiscard]] Errc to_errc(tkb_status status);

[[nodiscard]] inline std::uint32_t timeout_ms(const Deadline& deadline) { return static_cast<std::uint32_t>(deadline.remaining().count()); }
[[nodiscard]] inline std::int64_t milliseconds_of(TimePoint time) { return time.time_since_epoch().count(); }
/// Views, as long as the texts live.
[[nodiscard]] std::vector<tkb_bytes> views(std::span<const std::string> texts);

/// Reads a caller's vtable of any age. Errors: invalid_argument (NULL), unsupported (a newer function is set).
template <class VTable>
[[nodiscard]] Result<VTable> read_vtable(const VTable* given, const VTable& empty, std::string_view operation) {
    TKB_TRY(require(given, operation, "vtable"));
    return read_struct(given, empty, operation);
}
/// A function that a vtable must have.
template <class Function>
[[nodiscard]] Result<void> require_function(Function* function, std::string_view operation, const char* name) {
    if (function == nullptr) return fail(Errc::invalid_argument, operation, std::string("the vtable's ") + name + " is NULL");
    return {};
}

/// Owns user_data once made: calls destroy exactly once.
template <class VTable>
class Callbacks {
public:
    Callbacks(const VTable& table, void* user_data) noexcept : table_(table), user_data_(user_data) {}
    ~Callbacks() {
        if (table_.destroy != nullptr) table_.destroy(user_data_);
    }
    Callbacks(const Callbacks&) = delete;
    Callbacks& operator=(const Callbacks&) = delete;

    [[nodiscard]] const VTable& table() const noexcept { return table_; }
    [[nodiscard]] void* user_data() const noexcept { return user_data_; }

    /// Calls `function`, one of the table's; past the deadline it is not called. Errors: what it said; cancelled; unsupported (NULL).
    template <class... Parameters, class... Arguments>
    [[nodiscard]] Result<void> call(std::string_view operation, const Deadline& deadline, tkb_status (*function)(void*, Parameters...),
                                    Arguments... arguments) const {
        if (function == nullptr) return fail(Errc::unsupported, operation, "the host's backend does not offer it");
        const std::uint32_t timeout = timeout_ms(deadline);
        if (timeout == 0) return fail(Errc::cancelled, operation, "the deadline has passed");
        tkb_error* error = nullptr;
        const tkb_status status = function(user_data_, arguments..., timeout, &error);
        return outcome(status, error, operation);
    }

private:
    VTable table_;
    void* user_data_;
};

/// Makes a handle that holds `Port` of a host's vtable. The vtable was read and checked.
template <class Port, class Handle, class VTable>
void make_handle(const VTable& table, void* user_data, Handle** out) {
    auto handle = std::make_unique<Handle>();
    handle->port = std::make_unique<Port>(table, user_data);  // from here nothing throws, so destroy comes with success only
    *out = handle.release();
}

}  // namespace ticketbottle::capi
