#pragma once
/// \file
/// The one way through the C boundary: results become status and error, exceptions end here, structs of any age are read and filled.

#include "handles.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace ticketbottle::capi {

void set_error(tkb_error** out, Error error, std::optional<Reason> reason = std::nullopt) noexcept;
void set_out_of_memory(tkb_error** out) noexcept;

/// Runs `body`, which returns Result<void>. The only catch (...) of the C interface.
/// \param reason  Set by the body when its error is a refused callback.
template <class Body>
tkb_status guard(tkb_error** error_out, Body&& body, const std::optional<Reason>& reason = std::nullopt) noexcept {
    if (error_out != nullptr) *error_out = nullptr;
    try {
        const Result<void> result = body();
        if (result.has_value()) return TKB_OK;
        const Error error = result.error();
        set_error(error_out, error, reason);
        return static_cast<tkb_status>(error.code);
    } catch (const std::bad_alloc&) {
        set_out_of_memory(error_out);
        return TKB_INTERNAL;
    } catch (...) {
        set_error(error_out, Error{Errc::internal, "capi", nullptr});
        return TKB_INTERNAL;
    }
}

inline std::string_view view(tkb_bytes bytes) {
    return bytes.size == 0 ? std::string_view() : std::string_view(bytes.data, bytes.size);
}
inline tkb_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

/// A required pointer argument.
template <class T>
[[nodiscard]] Result<void> require(const T* pointer, std::string_view operation, const char* name) {
    if (pointer == nullptr) return fail(Errc::invalid_argument, operation, std::string(name) + " is NULL");
    return {};
}
[[nodiscard]] inline Result<void> require(tkb_bytes given, std::string_view operation, const char* name) {
    if (given.size != 0 && given.data == nullptr)
        return fail(Errc::invalid_argument, operation, std::string(name) + ": data is NULL but size is not 0");
    return {};
}

/// Reads a caller's struct of any age: our defaults, overwritten by the bytes it has. NULL gives the defaults.
/// Errors: invalid_argument (struct_size too small to be one); unsupported (a field we do not know is set).
template <class T>
[[nodiscard]] Result<T> read_struct(const T* given, const T& defaults, std::string_view operation) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (given == nullptr) return defaults;
    const std::size_t theirs = given->struct_size;
    if (theirs < 2 * sizeof(std::uint32_t)) return fail(Errc::invalid_argument, operation, "struct_size is not set");
    T read = defaults;
    std::memcpy(&read, given, std::min(theirs, sizeof(T)));
    const char* raw = reinterpret_cast<const char*>(given);
    for (std::size_t i = sizeof(T); i < theirs; ++i)
        if (raw[i] != 0) return fail(Errc::unsupported, operation, "a field of a newer version is set");
    read.struct_size = static_cast<std::uint32_t>(sizeof(T));
    return read;
}

/// Fills a caller's struct of any age: as much as it has room for, zeroes past what we know.
template <class T>
[[nodiscard]] Result<void> fill_struct(T* given, T filled, std::string_view operation) {
    const std::uint32_t theirs = given->struct_size;
    if (theirs < 2 * sizeof(std::uint32_t)) return fail(Errc::invalid_argument, operation, "struct_size is not set");
    filled.struct_size = theirs;
    std::memset(static_cast<void*>(given), 0, theirs);
    std::memcpy(static_cast<void*>(given), &filled, std::min<std::size_t>(theirs, sizeof(T)));
    return {};
}

[[nodiscard]] inline TimePoint time_point(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

/// Leaves early with the error of a Result<void>.
#define TKB_TRY(expression)                                                      \
    do {                                                                         \
        if (auto tkb_result = (expression); !tkb_result.has_value()) return tkb_result.error(); \
    } while (false)

}  // namespace ticketbottle::capi
