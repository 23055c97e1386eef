#include "hardening.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace program {

void harden_process() noexcept {
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)::umask(S_IWGRP | S_IRWXO);
    (void)std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace program
