#pragma once
/// \file
/// An object store in a folder: one file per object under its key, attributes in a file beside. Format: docs/directory-store.md.

#include <ticketbottle/ports/object_store.hpp>

#include <memory>
#include <string>

namespace ticketbottle::file {

/// \param root  Made if it is not there. Keys can never leave it: they are checked, and opened below it without following links.
/// A put writes a temporary file, fsyncs it, renames it over the old one and fsyncs the folder. Errors: unavailable.
[[nodiscard]] Result<std::unique_ptr<ObjectStore>> open_directory_store(const std::string& root);

}  // namespace ticketbottle::file
