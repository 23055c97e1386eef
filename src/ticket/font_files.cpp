#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <ticketbottle/ticket/ticket.hpp>

#include "core/format.hpp"

namespace ticketbottle {

namespace {

struct Family {
    std::string_view regular;
    std::string_view bold;
};

/// All draw Vietnamese; the order is that of how well.
constexpr std::array<Family, 5> families{{{"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"},
                                          {"NotoSans-Regular.ttf", "NotoSans-Bold.ttf"},
                                          {"LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"},
                                          {"Roboto-Regular.ttf", "Roboto-Bold.ttf"},
                                          {"Arial.ttf", "Arial Bold.ttf"}}};

bool is_file(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

Result<std::string> load_font(const std::string& path) {
    const auto refuse = [&](std::string_view what) {
        return fail(Errc::invalid_argument, "ticket.load_font", formatted("{}: {}", path, what));
    };
    if (!is_file(path)) return refuse("no such file");
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return refuse("cannot be opened");
    const std::streamoff size = file.tellg();
    if (size < 0) return refuse("cannot be read");
    if (static_cast<std::size_t>(size) > font_bytes_max) return refuse("over 32 MiB");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    file.seekg(0);
    if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) return refuse("cannot be read");
    return bytes;
}

const std::vector<std::string>& default_font_directories() {
    static const std::vector<std::string> directories{
        "/usr/share/fonts/truetype/dejavu",    // Debian, Ubuntu
        "/usr/share/fonts/dejavu-sans-fonts",  // Fedora, Amazon Linux 2023
        "/usr/share/fonts/dejavu",             // Alpine, older Fedora
        "/usr/share/fonts/TTF",                // Arch
        "/usr/share/fonts/truetype/noto",
        "/usr/share/fonts/noto",
        "/usr/share/fonts/google-noto",
        "/usr/share/fonts/truetype/liberation",
        "/usr/share/fonts/liberation-sans",
        "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF",
        "/usr/local/share/fonts",
        "/System/Library/Fonts/Supplemental",  // macOS
    };
    return directories;
}

Result<TicketFonts> load_default_fonts(const std::vector<std::string>& directories) {
    std::string tried;
    for (const Family& family : families) {
        for (const std::string& directory : directories) {
            const std::string path = formatted("{}/{}", directory, family.regular);
            if (!is_file(path)) {
                tried += (tried.empty() ? "" : ", ") + path;
                continue;
            }
            TicketFonts fonts;
            Result<std::string> regular = load_font(path);
            if (!regular.has_value()) return regular.error();
            fonts.regular = std::move(*regular);
            if (const std::string bold_path = formatted("{}/{}", directory, family.bold); is_file(bold_path)) {
                Result<std::string> bold = load_font(bold_path);
                if (!bold.has_value()) return bold.error();
                fonts.bold = std::move(*bold);
            }
            return fonts;
        }
    }
    return fail(Errc::invalid_argument, "ticket.load_default_fonts", "no font found; tried " + tried);
}

}  // namespace ticketbottle
