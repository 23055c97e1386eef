#pragma once
/// \file
/// A SQLite file system that fails its n-th write, sync or truncation, with the code a test names, once or from then on.
/// Everything else goes through to the system's own. Internal order of the test only: not thread-safe.

#include <sqlite3.h>

#include <cstring>
#include <new>

namespace ticketbottle::test {

/// Which steps count, and which fails. Shared by all files opened while the object lives; make it before any connection.
class FaultyVfs {
public:
    FaultyVfs() {
        real_ = sqlite3_vfs_find(nullptr);
        std::memcpy(&vfs_, real_, sizeof vfs_);
        vfs_.zName = "tkb-faulty";
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = &FaultyVfs::open;
        self_ = this;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyVfs() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
        self_ = nullptr;
    }
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    enum class Lasting { once, from_then_on };
    /// The `step`-th from now (0 is the next) fails with SQLite result `code`.
    void fail_at(int step, int code, Lasting lasting) {
        steps_ = 0;
        fail_at_ = step;
        code_ = code;
        lasting_ = lasting;
        failed_ = 0;
    }
    void heal() { fail_at_ = -1; }
    /// How many steps have failed since fail_at.
    [[nodiscard]] int failed() const { return failed_; }

private:
    struct File {
        sqlite3_file base;
        sqlite3_file* real;
    };
    static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

    static int step() {
        const int now = self_->steps_++;
        const bool fails = self_->fail_at_ >= 0 && (self_->lasting_ == Lasting::once ? now == self_->fail_at_ : now >= self_->fail_at_);
        if (fails) ++self_->failed_;
        return fails ? self_->code_ : SQLITE_OK;
    }

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
        auto* const ours = reinterpret_cast<File*>(file);
        ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
        ours->real->pMethods = nullptr;
        const int code = self_->real_->xOpen(self_->real_, name, ours->real, flags, out_flags);
        ours->base.pMethods = ours->real->pMethods == nullptr ? nullptr : &methods_;
        return code;
    }
    static int close(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
    static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); }
    static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
        if (const int code = step(); code != SQLITE_OK) return code;
        return real(f)->pMethods->xWrite(real(f), from, n, at);
    }
    static int truncate(sqlite3_file* f, sqlite3_int64 size) {
        if (const int code = step(); code != SQLITE_OK) return code;
        return real(f)->pMethods->xTruncate(real(f), size);
    }
    static int sync(sqlite3_file* f, int flags) {
        if (const int code = step(); code != SQLITE_OK) return code;
        return real(f)->pMethods->xSync(real(f), flags);
    }
    static int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
    static int lock(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
    static int unlock(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
    static int check_lock(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
    static int control(sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
    static int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
    static int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
    static int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
    }
    static int shm_lock(sqlite3_file* f, int offset, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), offset, n, flags); }
    static void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
    static int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

    inline static const sqlite3_io_methods methods_{2,          &close,  &read,       &write,           &truncate,  &sync,
                                                    &file_size, &lock,   &unlock,     &check_lock,      &control,   &sector_size,
                                                    &characteristics, &shm_map, &shm_lock, &shm_barrier, &shm_unmap, nullptr,
                                                    nullptr};
    inline static FaultyVfs* self_ = nullptr;
    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    int steps_ = 0;
    int fail_at_ = -1;
    int code_ = SQLITE_IOERR;
    int failed_ = 0;
    Lasting lasting_ = Lasting::once;
};

}  // namespace ticketbottle::test
