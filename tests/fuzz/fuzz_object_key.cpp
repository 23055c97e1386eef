// Any bytes as an object's key: refused, or good for a round trip through a folder that leaves nothing outside of it.
#include "support/temporary_folder.hpp"

#include <ticketbottle/file/directory_store.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace ticketbottle;

void must(bool holds) {
    if (!holds) std::abort();
}

/// The store's folder stands alone in another one, where an escape would show.
struct Place {
    Place() : outer(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : ""), store(file::open_directory_store(outer / "root").value()) {}
    test::TemporaryFolder outer;
    std::unique_ptr<ObjectStore> store;
};

std::size_t entries(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Place place;
    const std::string_view key(reinterpret_cast<const char*>(data), size);
    const bool allowed = check_object_key(key).has_value();
    const Result<std::string> etag = place.store->put(key, "bytes", {}, soon());
    must(allowed == etag.has_value());
    must(allowed || etag.error().code == Errc::invalid_argument);
    must(place.store->get(key, soon()).has_value() == allowed);
    if (allowed) {
        must(!key.starts_with('/') && key.find("//") == std::string_view::npos && key.find('\0') == std::string_view::npos);
        must(("/" + std::string(key) + "/").find("/../") == std::string::npos);
        const ObjectList page = place.store->list(key, "", 10, soon()).value();
        must(page.objects.size() == 1 && page.objects[0].key == key && page.objects[0].etag == *etag);
        must(place.store->get(key, soon()).value()->bytes == "bytes");
    }
    must(place.store->list(key, key, 10, soon()).has_value());  // a prefix and a continuation may be anything
    must(place.store->remove(key, soon()).has_value() == allowed);
    must(place.store->list("", "", 1, soon())->objects.empty());
    must(entries(place.outer.path()) == 1 && entries(place.outer.path() / "root") == 1);
    return 0;
}
