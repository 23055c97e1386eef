#pragma once
/// \file
/// Whole files, for tests that look behind a backend's back.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace ticketbottle::test {

[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void append_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::app).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace ticketbottle::test
