#include "read_input.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace program {

using namespace ticketbottle;

Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
    constexpr std::string_view operation = "program.read";
    struct Close {
        void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> opened;
    if (path != "-") opened.reset(std::fopen(path.c_str(), "rb"));
    std::FILE* file = path == "-" ? stdin : opened.get();
    if (file == nullptr) return fail(Errc::unavailable, operation, "cannot read " + path + ": " + std::strerror(errno));
    std::string bytes;
    char block[16384];
    for (std::size_t got = 0; (got = std::fread(block, 1, sizeof block, file)) > 0;) {
        if (bytes.size() + got > bytes_max)
            return fail(Errc::malformed, operation, path + " is longer than " + std::to_string(bytes_max) + " bytes");
        bytes.append(block, got);
    }
    if (std::ferror(file) != 0)
        return fail(Errc::unavailable, operation, "cannot read " + path + ": " + std::strerror(errno));
    return bytes;
}

}  // namespace program
