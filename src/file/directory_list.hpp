#pragma once
/// \file
/// The keys of a directory store in order, a page at a time. Internal: not installed.

#include "file/posix.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace ticketbottle::file {

struct KeyRange {
    std::string_view prefix;
    std::string_view after;  ///< Keys up to this one are left out; "" leaves out none.
};

/// Calls `visit(folder, name, key)` for every regular file whose path is a key of the range, by key in ascending bytes, until
/// it returns false. Links, other files and names that are no keys are passed over. Holds one descriptor at a time
/// besides the root's, however deep the folders are.
[[nodiscard]] Result<void> visit_keys(int root, const KeyRange& range, Deadline deadline,
                                      const std::function<Result<bool>(int folder, const std::string& name, const std::string& key)>& visit);

}  // namespace ticketbottle::file
