#include "guard.hpp"

#include <ticketbottle/c/sqlite.h>
#include <ticketbottle/sqlite/sqlite.hpp>

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_sqlite_outbox_store_open(tkb_bytes path, uint32_t timeout_ms, tkb_outbox_store** store_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "sqlite_outbox_store.open";
        TKB_TRY(require(store_out, operation, "store_out"));
        *store_out = nullptr;
        TKB_TRY(require(path, operation, "path"));
        sqlite::Options options;
        options.path = view(path);
        auto store = sqlite::open_outbox_store(options, Deadline::in(std::chrono::milliseconds(timeout_ms)));
        if (!store.has_value()) return store.error();
        auto handle = std::make_unique<tkb_outbox_store>();
        handle->store = std::move(*store);
        *store_out = handle.release();
        return {};
    });
}
