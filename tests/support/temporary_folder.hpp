#pragma once
/// \file
/// A folder that is there for one test and gone after it.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ticketbottle::test {

class TemporaryFolder {
public:
    /// \param parent  Where to make it; "" is the system's temporary folder.
    explicit TemporaryFolder(const std::filesystem::path& parent = {}) {
        const std::filesystem::path base = parent.empty() ? std::filesystem::temp_directory_path() : parent;
        std::string name = (base / "tkb-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + base.string());
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace ticketbottle::test
