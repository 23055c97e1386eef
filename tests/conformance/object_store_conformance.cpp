#include "conformance/object_store.hpp"

#include "support/temporary_folder.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/memory/transports.hpp>

namespace ticketbottle {
namespace {

class MemoryBackend {
public:
    static constexpr bool keys_may_continue_keys = true;
    ObjectStore& store() { return *store_; }

private:
    std::unique_ptr<ObjectStore> store_ = memory::object_store();
};

class DirectoryBackend {
public:
    static constexpr bool keys_may_continue_keys = false;
    DirectoryBackend() : store_(file::open_directory_store(folder_ / "objects").value()) {}
    ObjectStore& store() { return *store_; }

private:
    test::TemporaryFolder folder_;
    std::unique_ptr<ObjectStore> store_;
};

}  // namespace
}  // namespace ticketbottle

TKB_OBJECT_STORE_CONFORMANCE(MemoryBackend, DirectoryBackend);
