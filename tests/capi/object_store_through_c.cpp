// A memory object store behind C callbacks passes the port's suite.
#include "conformance/object_store.hpp"

#include "object_store.hpp"
#include "through_c.hpp"

#include <ticketbottle/memory/transports.hpp>

namespace ticketbottle {
namespace {

using test::port_of;
using test::text;
using test::told;
using test::within;

tkb_status put(void* user_data, tkb_bytes key, const tkb_object_view* object, tkb_buffer* etag, std::uint32_t timeout_ms,
               tkb_error** error_out) {
    ObjectAttributes attributes{text(object->content_type), {}};
    for (std::size_t i = 0; i < object->metadata_count; ++i) attributes.metadata[text(object->metadata[i].name)] = text(object->metadata[i].value);
    const auto stored = port_of<ObjectStore>(user_data).put(text(key), text(object->bytes), attributes, within(timeout_ms));
    if (!stored.has_value()) return told(stored.error(), error_out);
    return tkb_buffer_set(etag, capi::bytes(*stored), error_out);
}

tkb_status get(void* user_data, tkb_bytes key, tkb_object* object, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto found = port_of<ObjectStore>(user_data).get(text(key), within(timeout_ms));
    if (!found.has_value()) return told(found.error(), error_out);
    if (!found->has_value()) return TKB_OK;
    std::vector<tkb_object_metadata> metadata;
    for (const auto& [name, value] : (*found)->attributes.metadata) metadata.push_back({capi::bytes(name), capi::bytes(value)});
    tkb_object_view view = TKB_OBJECT_VIEW_INIT;
    view.bytes = capi::bytes((*found)->bytes);
    view.content_type = capi::bytes((*found)->attributes.content_type);
    view.etag = capi::bytes((*found)->etag);
    view.metadata = metadata.data();
    view.metadata_count = metadata.size();
    return tkb_object_set(object, &view, error_out);
}

tkb_status remove(void* user_data, tkb_bytes key, std::uint32_t timeout_ms, tkb_error** error_out) {
    return told(port_of<ObjectStore>(user_data).remove(text(key), within(timeout_ms)), error_out);
}

tkb_status list(void* user_data, tkb_bytes prefix, tkb_bytes continuation, std::uint32_t max, tkb_object_list* list,
                std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto page = port_of<ObjectStore>(user_data).list(text(prefix), text(continuation), max, within(timeout_ms));
    if (!page.has_value()) return told(page.error(), error_out);
    for (const ObjectSummary& object : page->objects) {
        const tkb_status added = tkb_object_list_add(list, capi::bytes(object.key), object.size, capi::bytes(object.etag), error_out);
        if (added != TKB_OK) return added;
    }
    return tkb_object_list_set_continuation(list, capi::bytes(page->continuation), error_out);
}

tkb_object_store_vtable vtable() {
    tkb_object_store_vtable table = TKB_OBJECT_STORE_VTABLE_INIT;
    table.put = put;
    table.get = get;
    table.remove = remove;
    table.list = list;
    table.destroy = test::destroy_port<ObjectStore>;
    return table;
}

std::unique_ptr<ObjectStore> open(const tkb_object_store_vtable& table) {
    return test::through_c<ObjectStore, tkb_object_store>(tkb_object_store_create, table, test::user_data_of(memory::object_store()));
}

class CallbackBackend {
public:
    static constexpr bool keys_may_continue_keys = true;
    ObjectStore& store() { return *store_; }

private:
    std::unique_ptr<ObjectStore> store_ = open(vtable());
};

}  // namespace
}  // namespace ticketbottle

TKB_OBJECT_STORE_CONFORMANCE(CallbackBackend);

TEST_CASE("tkb_object_store: what a host gives back wrongly is refused, by name") {
    using namespace ticketbottle;
    const Deadline soon = conformance::object_soon();
    tkb_object_store_vtable table = vtable();
    SUBCASE("a page longer than was asked for") {
        table.list = [](void*, tkb_bytes, tkb_bytes, std::uint32_t max, tkb_object_list* list, std::uint32_t, tkb_error** error_out) {
            tkb_status status = TKB_OK;
            for (std::uint32_t i = 0; i <= max && status == TKB_OK; ++i) status = tkb_object_list_add(list, {"k", 1}, 1, {"e", 1}, error_out);
            return status;
        };
        CHECK(open(table)->list("", "", 3, soon).error().detail_text() == "more objects than max");
    }
    SUBCASE("attributes that break a rule") {
        table.get = [](void*, tkb_bytes, tkb_object* object, std::uint32_t, tkb_error** error_out) {
            tkb_object_view view = TKB_OBJECT_VIEW_INIT;
            view.content_type = {"a\nb", 3};
            return tkb_object_set(object, &view, error_out);
        };
        CHECK(open(table)->get("k", soon).error().code == Errc::invalid_argument);
    }
    SUBCASE("bytes without a place") {
        table.get = [](void*, tkb_bytes, tkb_object* object, std::uint32_t, tkb_error** error_out) {
            tkb_object_view view = TKB_OBJECT_VIEW_INIT;
            view.bytes = {nullptr, 5};
            return tkb_object_set(object, &view, error_out);
        };
        CHECK(open(table)->get("k", soon).error().code == Errc::invalid_argument);
    }
    SUBCASE("nothing at all, from an older caller without list") {
        table.struct_size = static_cast<std::uint32_t>(offsetof(tkb_object_store_vtable, list));
        table.destroy = nullptr;  // not read
        void* memory = test::user_data_of(memory::object_store());
        const auto store = test::through_c<ObjectStore, tkb_object_store>(tkb_object_store_create, table, memory);
        CHECK(store->list("", "", 3, soon).error().code == Errc::unsupported);
        CHECK(store->put("k", "v", {}, soon).has_value());
        test::destroy_port<ObjectStore>(memory);
    }
}
