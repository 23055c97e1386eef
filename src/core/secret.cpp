#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cstring>
#include <new>
#include <ticketbottle/core/secret.hpp>

#include "core/crypto.hpp"

namespace ticketbottle {

/// Pages of its own, so that keeping them out of core dumps and swap touches nothing else.
struct Secret::Pages {
    explicit Pages(std::string_view bytes) : size(bytes.size()) {
        address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address == MAP_FAILED) throw std::bad_alloc();
        // Both are best effort: an old kernel or a low RLIMIT_MEMLOCK must not stop payments.
        static_cast<void>(::madvise(address, size, MADV_DONTDUMP));
        static_cast<void>(::mlock(address, size));
        std::memcpy(address, bytes.data(), size);
    }
    ~Pages() {
        OPENSSL_cleanse(address, size);
        ::munmap(address, size);  // unlocks too
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    void* address = nullptr;
    std::size_t size = 0;
};

Secret::Secret(std::string_view bytes) {
    if (!bytes.empty()) pages_ = std::make_shared<const Pages>(bytes);
}

std::string_view Secret::expose() const noexcept {
    if (!pages_) return {};
    return {static_cast<const char*>(pages_->address), pages_->size};
}

bool operator==(const Secret& a, const Secret& b) noexcept { return crypto::equal(a.expose(), b.expose()); }

}  // namespace ticketbottle
