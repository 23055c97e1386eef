#pragma once
/// \file
/// A port's backend as a host in C would offer it: what the callbacks of these tests share. The backend is user_data, and destroyed by it.

#include "callbacks.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace ticketbottle::test {

inline std::string text(tkb_bytes bytes) { return bytes.size == 0 ? std::string() : std::string(bytes.data, bytes.size); }
inline Deadline within(std::uint32_t timeout_ms) {
    CHECK(timeout_ms > 0);
    return Deadline::in(std::chrono::milliseconds(timeout_ms));
}

/// An error as a host hands it back.
inline tkb_status told(const Error& error, tkb_error** error_out) {
    *error_out = tkb_error_create(static_cast<tkb_status>(error.code), capi::bytes(error.detail_text()));
    return static_cast<tkb_status>(error.code);
}
inline tkb_status told(const Result<void>& result, tkb_error** error_out) {
    return result.has_value() ? TKB_OK : told(result.error(), error_out);
}

template <class Port>
Port& port_of(void* user_data) {
    return **static_cast<std::unique_ptr<Port>*>(user_data);
}
template <class Port>
void destroy_port(void* user_data) {
    delete static_cast<std::unique_ptr<Port>*>(user_data);
}
template <class Port>
void* user_data_of(std::unique_ptr<Port> port) {
    return new std::unique_ptr<Port>(std::move(port));
}

/// Makes the handle by its C function and takes the port out of it.
template <class Port, class Handle, class VTable, class Create>
std::unique_ptr<Port> through_c(Create create, const VTable& vtable, void* user_data) {
    Handle* handle = nullptr;
    tkb_error* error = nullptr;
    REQUIRE(create(&vtable, user_data, &handle, &error) == TKB_OK);
    REQUIRE(error == nullptr);
    std::unique_ptr<Port> port = std::move(handle->port);
    delete handle;
    return port;
}

}  // namespace ticketbottle::test
