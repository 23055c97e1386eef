#pragma once
/// \file
/// An ObjectStore over a host's C callbacks.

#include "callbacks.hpp"

#include <ticketbottle/c/object_store.h>
#include <ticketbottle/ports/object_store.hpp>

/// What a host's get gives back.
struct tkb_object {
    std::optional<ticketbottle::Object> object;
};

/// What a host's list gives back.
struct tkb_object_list {
    std::uint32_t max = 0;
    ticketbottle::ObjectList list;
};

namespace ticketbottle::capi {

/// Checks what every backend checks; the host's store is asked for the rest.
class CallbackObjectStore final : public ObjectStore {
public:
    CallbackObjectStore(const tkb_object_store_vtable& table, void* user_data) noexcept : host_(table, user_data) {}

    Result<std::string> put(std::string_view key, std::string_view content, const ObjectAttributes& attributes, Deadline deadline) override;
    Result<std::optional<Object>> get(std::string_view key, Deadline deadline) override;
    Result<void> remove(std::string_view key, Deadline deadline) override;
    Result<ObjectList> list(std::string_view prefix, std::string_view continuation, std::uint32_t max, Deadline deadline) override;

private:
    Callbacks<tkb_object_store_vtable> host_;
};

}  // namespace ticketbottle::capi
