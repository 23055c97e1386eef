#include "unit/file/failing_sync.hpp"

#include <cerrno>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

int failing_with = 0;
int failing_after = 0;
int count = 0;

int sync(long call, int fd) {
    ++count;
    if (failing_with != 0 && failing_after-- <= 0) {
        errno = failing_with;
        return -1;
    }
    return static_cast<int>(::syscall(call, fd));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int fdatasync(int fd) { return sync(SYS_fdatasync, fd); }
extern "C" __attribute__((visibility("default"))) int fsync(int fd) { return sync(SYS_fsync, fd); }

namespace ticketbottle::test {

FailingSync::FailingSync(int error, int after) {
    failing_with = error;
    failing_after = after;
}
FailingSync::~FailingSync() { failing_with = 0; }
int sync_count() { return count; }

}  // namespace ticketbottle::test
