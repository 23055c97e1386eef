#include <ticketbottle/memory/transports.hpp>

#include "core/crypto.hpp"

#include <map>

namespace ticketbottle::memory {
namespace {

class Objects final : public ObjectStore {
public:
    Result<std::string> put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes,
                            Deadline deadline) override;
    Result<std::optional<Object>> get(std::string_view key, Deadline deadline) override;
    Result<void> remove(std::string_view key, Deadline deadline) override;
    Result<ObjectList> list(std::string_view prefix, std::string_view continuation, std::uint32_t max, Deadline deadline) override;

private:
    std::map<std::string, Object, std::less<>> objects_;
};

Result<void> check_call(std::string_view key, Deadline deadline) {
    if (Result<void> checked = check_object_key(key); !checked.has_value()) return checked;
    if (deadline.expired()) return fail(Errc::cancelled, "memory_store.call", "the deadline passed");
    return {};
}

Result<std::string> Objects::put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes,
                                 Deadline deadline) {
    if (const Result<void> checked = check_call(key, deadline); !checked.has_value()) return checked.error();
    if (const Result<void> checked = check_object_attributes(attributes); !checked.has_value()) return checked.error();
    if (bytes.size() > object_bytes_max) return fail(Errc::invalid_argument, "memory_store.put", "the object is over 64 MiB");
    Object object{std::string(bytes), attributes, crypto::lower_hex(crypto::sha256({bytes}))};
    return objects_.insert_or_assign(std::string(key), std::move(object)).first->second.etag;
}

Result<std::optional<Object>> Objects::get(std::string_view key, Deadline deadline) {
    if (const Result<void> checked = check_call(key, deadline); !checked.has_value()) return checked.error();
    const auto at = objects_.find(key);
    if (at == objects_.end()) return std::optional<Object>();
    return std::optional<Object>(at->second);
}

Result<void> Objects::remove(std::string_view key, Deadline deadline) {
    if (Result<void> checked = check_call(key, deadline); !checked.has_value()) return checked;
    if (const auto at = objects_.find(key); at != objects_.end()) objects_.erase(at);
    return {};
}

Result<ObjectList> Objects::list(std::string_view prefix, std::string_view continuation, std::uint32_t max, Deadline deadline) {
    if (max < 1 || max > object_list_max) return fail(Errc::invalid_argument, "memory_store.list", "a page has 1 to 1000 objects");
    if (deadline.expired()) return fail(Errc::cancelled, "memory_store.list", "the deadline passed");
    ObjectList page;
    auto at = continuation < prefix ? objects_.lower_bound(prefix) : objects_.lower_bound(continuation);
    if (at != objects_.end() && !continuation.empty() && at->first == continuation) ++at;
    for (; at != objects_.end() && at->first.starts_with(prefix); ++at) {
        if (page.objects.size() == max) {
            page.continuation = page.objects.back().key;
            break;
        }
        page.objects.push_back({at->first, at->second.bytes.size(), at->second.etag});
    }
    return page;
}

}  // namespace

std::unique_ptr<ObjectStore> object_store() { return std::make_unique<Objects>(); }

}  // namespace ticketbottle::memory
