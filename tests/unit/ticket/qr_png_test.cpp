#include <doctest/doctest.h>
#include <qrcodegen/qrcodegen.hpp>
#include <ticketbottle/ticket/qr.hpp>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

using namespace ticketbottle;

namespace {

/// Python's zlib reads the file: every chunk's CRC, the stream's Adler-32, and the pixels as rows of '#' and ' '.
std::string pixels_by_python(const std::string& png) {
    std::string name = (std::filesystem::temp_directory_path() / "tkb-png-XXXXXX").string();
    const int file = mkstemp(name.data());
    REQUIRE(file >= 0);
    REQUIRE(write(file, png.data(), png.size()) == static_cast<ssize_t>(png.size()));
    close(file);
    const std::string command = R"(python3 -c '
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, chunks = 8, []
while at < len(data):
    size, = struct.unpack(">I", data[at:at + 4])
    kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
    crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
    assert crc == zlib.crc32(kind + body)
    chunks.append((kind, body))
    at += 12 + size
assert [kind for kind, body in chunks] == [b"IHDR", b"IDAT", b"IEND"]
width, height, depth, colour, method, filters, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
assert (depth, colour, method, filters, interlace) == (1, 0, 0, 0, 0)
raw, stride = zlib.decompress(chunks[1][1]), 1 + (width + 7) // 8
assert len(raw) == stride * height
for y in range(height):
    row = raw[y * stride:(y + 1) * stride]
    assert row[0] == 0
    print("".join(" " if row[1 + x // 8] >> (7 - x % 8) & 1 else "#" for x in range(width)))
' ')" + name + "'";
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
        output += static_cast<char>(c);
    }
    CHECK(pclose(pipe) == 0);
    std::filesystem::remove(name);
    return output;
}

std::string expected_pixels(const std::string& text, int scale) {
    const auto code = qrcodegen::QrCode::encodeBinary({text.begin(), text.end()}, qrcodegen::QrCode::Ecc::HIGH);
    std::string out;
    for (int y = 0; y < (code.getSize() + 8) * scale; ++y) {
        for (int x = 0; x < (code.getSize() + 8) * scale; ++x) {
            out += code.getModule(x / scale - 4, y / scale - 4) ? '#' : ' ';
        }
        out += '\n';
    }
    return out;
}

}  // namespace

TEST_CASE("qr_png: a foreign reader finds the code, its quiet zone and right check sums") {
    for (const std::size_t size : {1, 60, 200, 512}) {
        for (const int scale : {1, 3, 4, 16}) {
            if (size == 512 && scale == 3) {
                continue;  // time
            }
            const std::string text(size, 'u');
            const auto png = qr_png(text, scale);
            REQUIRE(png.has_value());
            CHECK(pixels_by_python(*png) == expected_pixels(text, scale));
        }
    }
}

TEST_CASE("qr_png: the same text gives the same bytes, a ticket's code stays small") {
    const std::string url = "https://tickets.example/check?code=" + std::string(64, 'a');
    CHECK(qr_png(url).value() == qr_png(url).value());
    CHECK(qr_png(url).value().size() < 15'000);
    CHECK(qr_png(std::string(qr_url_bytes_max, 'a')).value().size() < 35'000);
}

TEST_CASE("qr_png: what cannot be drawn is refused") {
    CHECK(qr_png("").error().code == Errc::malformed);
    CHECK(qr_png(std::string(qr_url_bytes_max + 1, 'a')).error().code == Errc::malformed);
    CHECK(qr_png("a", 0).error().code == Errc::invalid_argument);
    CHECK(qr_png("a", 17).error().code == Errc::invalid_argument);
}
