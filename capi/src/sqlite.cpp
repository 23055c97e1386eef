#include "guard.hpp"

#include <ticketbottle/c/sqlite.h>
#include <ticketbottle/sqlite/sqlite.hpp>

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {

/// \param open  sqlite::open_payment_store or sqlite::open_outbox_store.
template <class Handle, class Open>
Result<void> open_store(std::string_view operation, Open open, tkb_bytes path, std::uint32_t timeout_ms, Handle** store_out) {
    TKB_TRY(require(store_out, operation, "store_out"));
    *store_out = nullptr;
    TKB_TRY(require(path, operation, "path"));
    sqlite::Options options;
    options.path = view(path);
    auto store = open(options, Deadline::in(std::chrono::milliseconds(timeout_ms)));
    if (!store.has_value()) return store.error();
    auto handle = std::make_unique<Handle>();
    handle->port = std::move(*store);
    *store_out = handle.release();
    return {};
}

}  // namespace

tkb_status tkb_sqlite_outbox_store_open(tkb_bytes path, uint32_t timeout_ms, tkb_outbox_store** store_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        return open_store("sqlite_outbox_store.open", sqlite::open_outbox_store, path, timeout_ms, store_out);
    });
}

tkb_status tkb_sqlite_payment_store_open(tkb_bytes path, uint32_t timeout_ms, tkb_payment_store** store_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        return open_store("sqlite_payment_store.open", sqlite::open_payment_store, path, timeout_ms, store_out);
    });
}
