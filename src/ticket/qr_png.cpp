#include <ticketbottle/ticket/qr.hpp>

#include "core/format.hpp"

#include <array>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <vector>

#include <qrcodegen/qrcodegen.hpp>

namespace ticketbottle {

namespace {

constexpr int quiet_modules = 4;  // ISO/IEC 18004 6.3.8
constexpr int module_pixels_max = 16;
constexpr std::size_t stored_block_max = 65535;  // RFC 1951 3.2.4

void append_u32(std::uint32_t value, std::string& out) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += static_cast<char>(value >> shift & 0xff);
    }
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? 0xedb88320u ^ (value >> 1) : value >> 1;
        }
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffu;
    for (const char c : bytes) {
        crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
    }
    return crc ^ 0xffffffffu;
}

std::uint32_t adler32(std::string_view bytes) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char c : bytes) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

void append_chunk(std::string_view type, std::string_view data, std::string& out) {
    append_u32(static_cast<std::uint32_t>(data.size()), out);
    const std::string checked = std::string(type) + std::string(data);
    out += checked;
    append_u32(crc32(checked), out);
}

/// A zlib stream of stored blocks: a code is a few KiB, not worth a compressor of our own.
std::string zlib_stored(std::string_view bytes) {
    std::string out = "\x78\x01";
    std::string_view rest = bytes;
    do {
        const std::string_view block = rest.substr(0, stored_block_max);
        rest.remove_prefix(block.size());
        const auto size = static_cast<std::uint16_t>(block.size());
        out += rest.empty() ? '\x01' : '\x00';
        for (const unsigned value : {unsigned{size}, unsigned{size} ^ 0xffffu}) {
            out += static_cast<char>(value & 0xff);
            out += static_cast<char>(value >> 8 & 0xff);
        }
        out += block;
    } while (!rest.empty());
    append_u32(adler32(bytes), out);
    return out;
}

/// One row of pixels with its filter byte (none). A set bit is white.
std::string pixel_row(const qrcodegen::QrCode& code, int module_row, int module_pixels, int width) {
    std::string row(1 + static_cast<std::size_t>(width + 7) / 8, '\0');
    for (int x = 0; x < width; ++x) {
        const bool black = code.getModule(x / module_pixels - quiet_modules, module_row);  // outside the code: white
        if (!black) {
            char& byte = row[1 + static_cast<std::size_t>(x) / 8];
            byte = static_cast<char>(static_cast<unsigned char>(byte) | 0x80u >> (x % 8));
        }
    }
    return row;
}

std::string to_png(const qrcodegen::QrCode& code, int module_pixels) {
    const int modules = code.getSize() + 2 * quiet_modules;
    const int width = modules * module_pixels;
    std::string pixels;
    for (int y = 0; y < modules; ++y) {
        const std::string row = pixel_row(code, y - quiet_modules, module_pixels, width);
        for (int i = 0; i < module_pixels; ++i) {
            pixels += row;
        }
    }
    std::string header;
    append_u32(static_cast<std::uint32_t>(width), header);
    append_u32(static_cast<std::uint32_t>(width), header);
    header += std::string_view("\x01\x00\x00\x00\x00", 5);  // 1 bit, grey, deflate, adaptive filters, not interlaced
    std::string out("\x89PNG\r\n\x1a\n", 8);
    append_chunk("IHDR", header, out);
    append_chunk("IDAT", zlib_stored(pixels), out);
    append_chunk("IEND", "", out);
    return out;
}

}  // namespace

Result<std::string> qr_png(std::string_view text, int module_pixels) {
    if (module_pixels < 1 || module_pixels > module_pixels_max) {
        return fail(Errc::invalid_argument, "ticket.qr_png", formatted("module_pixels: not between 1 and {}", module_pixels_max));
    }
    if (text.empty() || text.size() > qr_url_bytes_max) {
        return fail(Errc::malformed, "ticket.qr_png",
                    formatted("text: {} bytes, 1 to {} are taken", text.size(), qr_url_bytes_max));
    }
    try {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        return to_png(qrcodegen::QrCode::encodeBinary(bytes, qrcodegen::QrCode::Ecc::HIGH), module_pixels);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) {
        return fail(Errc::internal, "ticket.qr_png", "the QR library refused the text");
    }
}

}  // namespace ticketbottle
