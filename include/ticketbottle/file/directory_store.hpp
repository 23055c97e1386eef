#pragma once
/// \file
/// An object store in a folder: one plain file per object under its key; attributes under .tkb. Format: docs/directory-store.md.

#include <ticketbottle/ports/object_store.hpp>

#include <memory>
#include <string>

namespace ticketbottle::file {

/// \param root  Made if it is not there. Keys can never leave it: they are checked, and opened below it without following links.
/// A put writes a temporary file, fsyncs it, renames it over the old one and fsyncs the folder; writers of one key, in other
/// processes too, wait for each other. Bytes and attributes change together for a reader. A file put there by hand is an
/// object with default attributes; links and other kinds of file are none.
/// Limits: an object's key cannot continue another's ("a" and "a/b"): unsupported. `list` costs a directory listing per folder
/// touched. Errors: invalid_argument (no name), unavailable.
[[nodiscard]] Result<std::unique_ptr<ObjectStore>> open_directory_store(const std::string& root);

}  // namespace ticketbottle::file
