#include "file/directory_list.hpp"

#include <ticketbottle/ports/object_store.hpp>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace ticketbottle::file {
namespace {

constexpr std::string_view operation = "directory_store.list";

struct Entry {
    std::string name;  ///< A folder's ends with '/', so that entries sort as the keys below them do.
    [[nodiscard]] bool is_folder() const { return name.back() == '/'; }
};

/// Can a key that begins with `path` (a folder's, with its '/') be in the range?
bool may_hold(const KeyRange& range, std::string_view path) {
    if (!path.starts_with(range.prefix) && !range.prefix.starts_with(path)) return false;
    return range.after.starts_with(path) || range.after < path;
}

bool holds(const KeyRange& range, std::string_view key) {
    return key.starts_with(range.prefix) && (range.after.empty() || range.after < key);
}

using Visit = std::function<Result<bool>(int, const std::string&, const std::string&)>;

class Walk {
public:
    Walk(int root, const KeyRange& range, Deadline deadline, const Visit& visit)
        : root_(root), range_(range), deadline_(deadline), visit_(visit) {}

    /// Everything below `path` ("" or ending with '/'). False: the visitor has enough.
    [[nodiscard]] Result<bool> below(const std::string& path);

private:
    [[nodiscard]] Result<std::vector<Entry>> entries(int folder, const std::string& path) const;

    int root_;
    const KeyRange& range_;
    Deadline deadline_;
    const Visit& visit_;
};

Result<std::vector<Entry>> Walk::entries(int folder, const std::string& path) const {
    const posix::Outcome<std::vector<std::string>> names = posix::names(folder);
    if (!names.has_value()) return posix::failure(operation, names.error(), "listing a folder");
    std::vector<Entry> found;
    for (const std::string& name : *names) {
        if (!check_object_key(path + name).has_value()) continue;
        const posix::Outcome<struct stat> info = posix::status_at(folder, name);
        if (!info.has_value()) continue;  // removed since
        if (S_ISDIR(info->st_mode) && may_hold(range_, path + name + "/")) found.push_back({name + "/"});
        if (S_ISREG(info->st_mode) && holds(range_, path + name)) found.push_back({name});
    }
    std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return found;
}

Result<bool> Walk::below(const std::string& path) {
    if (deadline_.expired()) return fail(Errc::cancelled, operation, "the deadline passed");
    const std::string_view own = std::string_view(path).substr(0, path.empty() ? 0 : path.size() - 1);
    posix::Outcome<posix::Fd> folder = posix::walk(root_, own, posix::Missing::fails);
    if (!folder.has_value()) {
        if (folder.error().number == ENOENT || folder.error().number == ENOTDIR) return true;  // removed or replaced since
        return posix::failure(operation, folder.error(), "opening a folder");
    }
    const Result<std::vector<Entry>> found = entries(folder->get(), path);
    if (!found.has_value()) return found.error();
    for (const Entry& entry : *found) {
        if (entry.is_folder()) {
            folder->reset();
            const Result<bool> more = below(path + entry.name);
            if (!more.has_value() || !*more) return more;
            continue;
        }
        if (!*folder) folder = posix::walk(root_, own, posix::Missing::fails);
        if (!folder.has_value()) return true;
        const Result<bool> more = visit_(folder->get(), entry.name, path + entry.name);
        if (!more.has_value() || !*more) return more;
    }
    return true;
}

}  // namespace

Result<void> visit_keys(int root, const KeyRange& range, Deadline deadline, const Visit& visit) {
    const Result<bool> done = Walk(root, range, deadline, visit).below("");
    if (!done.has_value()) return done.error();
    return {};
}

}  // namespace ticketbottle::file
