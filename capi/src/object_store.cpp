#include "object_store.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_object_store_vtable empty_vtable = TKB_OBJECT_STORE_VTABLE_INIT;
constexpr tkb_object_view empty_view = TKB_OBJECT_VIEW_INIT;

Result<Object> to_object(const tkb_object_view& given, std::string_view operation) {
    for (const tkb_bytes& text : {given.bytes, given.content_type, given.etag}) TKB_TRY(require(text, operation, "bytes of the object"));
    if (given.metadata_count != 0) TKB_TRY(require(given.metadata, operation, "metadata"));
    if (given.bytes.size > object_bytes_max) return fail(Errc::invalid_argument, operation, "the object is over 64 MiB");
    Object object;
    if (given.content_type.size != 0) object.attributes.content_type = view(given.content_type);
    for (std::size_t i = 0; i < given.metadata_count; ++i) {
        TKB_TRY(require(given.metadata[i].name, operation, "a metadata name"));
        TKB_TRY(require(given.metadata[i].value, operation, "a metadata value"));
        object.attributes.metadata[std::string(view(given.metadata[i].name))] = view(given.metadata[i].value);
    }
    TKB_TRY(check_object_attributes(object.attributes));
    object.bytes = view(given.bytes);
    object.etag = view(given.etag);
    return object;
}

}  // namespace

Result<std::string> CallbackObjectStore::put(std::string_view key, std::string_view content, const ObjectAttributes& attributes,
                                             Deadline deadline) {
    constexpr std::string_view operation = "host.object.put";
    TKB_TRY(check_object_key(key));
    TKB_TRY(check_object_attributes(attributes));
    if (content.size() > object_bytes_max) return fail(Errc::invalid_argument, operation, "the object is over 64 MiB");
    std::vector<tkb_object_metadata> metadata;
    for (const auto& [name, value] : attributes.metadata) metadata.push_back({bytes(name), bytes(value)});
    tkb_object_view given = TKB_OBJECT_VIEW_INIT;
    given.bytes = bytes(content);
    given.content_type = bytes(attributes.content_type);
    given.metadata = metadata.data();
    given.metadata_count = metadata.size();
    tkb_buffer etag;
    TKB_TRY(host_.call(operation, deadline, host_.table().put, bytes(key), &given, &etag));
    return std::move(etag.bytes);
}

Result<std::optional<Object>> CallbackObjectStore::get(std::string_view key, Deadline deadline) {
    TKB_TRY(check_object_key(key));
    tkb_object found;
    TKB_TRY(host_.call("host.object.get", deadline, host_.table().get, bytes(key), &found));
    return std::move(found.object);
}

Result<void> CallbackObjectStore::remove(std::string_view key, Deadline deadline) {
    TKB_TRY(check_object_key(key));
    return host_.call("host.object.remove", deadline, host_.table().remove, bytes(key));
}

Result<ObjectList> CallbackObjectStore::list(std::string_view prefix, std::string_view continuation, std::uint32_t max,
                                             Deadline deadline) {
    constexpr std::string_view operation = "host.object.list";
    if (max < 1 || max > object_list_max) return fail(Errc::invalid_argument, operation, "a page has 1 to 1000 objects");
    tkb_object_list found{max, {}};
    TKB_TRY(host_.call(operation, deadline, host_.table().list, bytes(prefix), bytes(continuation), max, &found));
    return std::move(found.list);
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_object_set(tkb_object* object, const tkb_object_view* given, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "object.set";
        TKB_TRY(require(object, operation, "object"));
        TKB_TRY(require(given, operation, "view"));
        const auto read = read_struct(given, empty_view, operation);
        if (!read.has_value()) return read.error();
        auto made = to_object(*read, operation);
        if (!made.has_value()) return made.error();
        object->object = std::move(*made);
        return {};
    });
}

tkb_status tkb_object_list_add(tkb_object_list* list, tkb_bytes key, uint64_t size, tkb_bytes etag, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "object_list.add";
        TKB_TRY(require(list, operation, "list"));
        TKB_TRY(require(key, operation, "key"));
        TKB_TRY(require(etag, operation, "etag"));
        if (list->list.objects.size() >= list->max) return fail(Errc::invalid_argument, operation, "more objects than max");
        list->list.objects.push_back({std::string(view(key)), size, std::string(view(etag))});
        return {};
    });
}

tkb_status tkb_object_list_set_continuation(tkb_object_list* list, tkb_bytes continuation, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "object_list.set_continuation";
        TKB_TRY(require(list, operation, "list"));
        TKB_TRY(require(continuation, operation, "continuation"));
        list->list.continuation = view(continuation);
        return {};
    });
}

tkb_status tkb_object_store_create(const tkb_object_store_vtable* vtable, void* user_data, tkb_object_store** store_out,
                                   tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "object_store.create";
        TKB_TRY(require(store_out, operation, "store_out"));
        *store_out = nullptr;
        const auto table = read_vtable(vtable, empty_vtable, operation);
        if (!table.has_value()) return table.error();
        TKB_TRY(require_function(table->put, operation, "put"));
        TKB_TRY(require_function(table->get, operation, "get"));
        TKB_TRY(require_function(table->remove, operation, "remove"));
        make_handle<CallbackObjectStore>(*table, user_data, store_out);
        return {};
    });
}
void tkb_object_store_destroy(tkb_object_store* store) { delete store; }
