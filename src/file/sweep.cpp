#include "file/sweep.hpp"

#include "file/posix.hpp"

#include <ctime>

namespace ticketbottle::file {

void sweep_abandoned(int folder, std::chrono::seconds age) {
    const posix::Outcome<std::vector<std::string>> names = posix::names(folder);
    if (!names.has_value()) return;
    const std::time_t oldest = std::time(nullptr) - static_cast<std::time_t>(age.count());
    for (const std::string& name : *names) {
        const posix::Outcome<struct stat> info = posix::status_at(folder, name);
        if (info.has_value() && S_ISREG(info->st_mode) && info->st_mtim.tv_sec < oldest) (void)posix::unlink(folder, name);
    }
}

}  // namespace ticketbottle::file
