#include "core/tzif.hpp"

#include <cstdint>

namespace ticketbottle::tzif {

namespace {

using std::chrono::seconds;

constexpr std::string_view magic = "TZif";
constexpr std::size_t header_bytes = 44;
constexpr std::size_t counts_at = 20;
constexpr std::size_t type_bytes = 6;  // utoff 4, isdst 1, desigidx 1
// RFC 8536 section 3.2: between -25 h and +26 h.
constexpr std::int64_t offset_min = -89999;
constexpr std::int64_t offset_max = 93599;

Error bad(const char* why) { return fail(Errc::malformed, "core.parse_zone", why); }

/// Big-endian, two's complement, 4 or 8 bytes.
std::int64_t integer(std::string_view bytes) {
    std::uint64_t value = static_cast<unsigned char>(bytes.front()) >= 0x80 ? ~std::uint64_t{0} : 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value);
}

/// Section 3.1, and from it the places of the fields of section 3.2.
struct Block {
    char version = 0;
    std::size_t time_bytes = 4;
    std::size_t isut, isstd, leap, time, type, text;  // counts

    std::size_t types_at() const { return time * (time_bytes + 1); }
    std::size_t size() const { return types_at() + type * type_bytes + text + leap * (time_bytes + 4) + isstd + isut; }
};

std::optional<Block> read_header(std::string_view bytes, std::size_t time_bytes) {
    if (bytes.size() < header_bytes || !bytes.starts_with(magic)) return std::nullopt;
    const auto count = [&](std::size_t i) {  // unsigned, and so small that sums and products of them fit
        return static_cast<std::size_t>(integer(bytes.substr(counts_at + 4 * i, 4)) & 0xffffffff);
    };
    return Block{bytes[4], time_bytes, count(0), count(1), count(2), count(3), count(4), count(5)};
}

const char* objection(const Block& block) {
    if (block.type == 0 || block.text == 0) return "no local time type";
    if (block.isut != 0 && block.isut != block.type) return "wrong count of UT indicators";
    if (block.isstd != 0 && block.isstd != block.type) return "wrong count of standard time indicators";
    if (block.leap != 0) return "its times count leap seconds";  // a "right/" file: UTC is not what it maps
    return nullptr;
}

Result<std::vector<seconds>> read_types(const Block& block, std::string_view data) {
    std::vector<seconds> out;
    out.reserve(block.type);
    for (std::size_t i = 0; i < block.type; ++i) {
        const std::string_view type = data.substr(block.types_at() + i * type_bytes, type_bytes);
        const std::int64_t offset = integer(type.substr(0, 4));
        if (offset < offset_min || offset > offset_max) return bad("a UTC offset of more than a day");
        if (static_cast<unsigned char>(type[4]) > 1) return bad("a daylight flag that is not 0 or 1");
        if (static_cast<unsigned char>(type[5]) >= block.text) return bad("a designation outside the table");
        out.push_back(seconds(offset));
    }
    return out;
}

Result<Table> read_data(const Block& block, std::string_view data) {
    const Result<std::vector<seconds>> types = read_types(block, data);
    if (!types.has_value()) return types.error();
    Table out;
    out.offset_before = types->front();
    out.changes.reserve(block.time);
    for (std::size_t i = 0; i < block.time; ++i) {
        const seconds at(integer(data.substr(i * block.time_bytes, block.time_bytes)));
        const std::size_t type = static_cast<unsigned char>(data[block.time * block.time_bytes + i]);
        if (type >= types->size()) return bad("a change to a type outside the table");
        if (!out.changes.empty() && at <= out.changes.back().at) return bad("changes that are not in ascending order");
        out.changes.push_back({at, (*types)[type]});
    }
    return out;
}

/// Section 3.3: a line feed, a TZ string or nothing, a line feed.
Result<std::optional<PosixTz>> read_footer(std::string_view bytes) {
    const std::size_t end = bytes.find('\n', 1);
    if (!bytes.starts_with('\n') || end == std::string_view::npos) return bad("cut off before the end of its footer");
    const std::string_view text = bytes.substr(1, end - 1);
    if (text.empty()) return std::optional<PosixTz>();
    std::optional<PosixTz> rule = PosixTz::parse(text);
    if (!rule) return bad("a footer that is no TZ string");
    return rule;
}

}  // namespace

Result<Table> parse(std::string_view bytes) {
    if (bytes.size() > bytes_max) return bad("longer than 256 KiB");
    std::optional<Block> block = read_header(bytes, 4);
    if (!block) return bad("not a TZif file");
    const bool has_second = block->version != '\0';
    if (has_second && (block->version < '2' || block->version > '4')) return bad("of a version after 4");
    if (has_second) {  // version 1's data is there for old readers only
        if (bytes.size() - header_bytes < block->size()) return bad("cut off");
        bytes.remove_prefix(header_bytes + block->size());
        block = read_header(bytes, 8);
        if (!block) return bad("no second header");
    }
    bytes.remove_prefix(header_bytes);
    if (const char* why = objection(*block)) return bad(why);
    if (bytes.size() < block->size()) return bad("cut off");
    Result<Table> table = read_data(*block, bytes);
    if (!has_second || !table.has_value()) return table;
    Result<std::optional<PosixTz>> rule = read_footer(bytes.substr(block->size()));
    if (!rule.has_value()) return rule.error();
    table->rule = *rule;
    return table;
}

}  // namespace ticketbottle::tzif
