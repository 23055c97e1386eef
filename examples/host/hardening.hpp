#pragma once
/// \file
/// What a process that holds payment keys and people's names owes them.

namespace program {

/// No core file, and no other process of this user may read our memory or environment: the keys came in through
/// environment variables, and a crash report is copied to more places than the keys ever should be. Files that are made
/// are not for other users to read: they name people. Also ignores SIGPIPE, so that a reader of our output who leaves
/// early is an error of a write, not the end of the server.
void harden_process() noexcept;

}  // namespace program
