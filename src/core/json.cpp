#include "core/json.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace ticketbottle::json {

namespace {

constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
/// Node indices are 32 bits wide, and a node takes at least one byte of text.
constexpr std::size_t text_bytes_max = std::numeric_limits<std::uint32_t>::max() / 2;
/// Up to here comparing every pair of names is cheaper than sorting them.
constexpr std::uint32_t pairwise_members_max = 16;
/// A typical member, name and value, is longer than this, so most documents never grow their nodes.
constexpr std::size_t bytes_per_node = 16;

/// Names of one message are often equally long and begin alike ("orderId", "orderInfo"): the last letter tells most apart.
bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && (a.empty() || (a.back() == b.back() && a == b));
}

ParseError make_error(ParseError::What what, std::size_t offset) {
    switch (what) {
        case ParseError::What::too_long:
            return {what, offset, formatted("longer than {} bytes", offset)};
        case ParseError::What::too_deep:
            return {what, offset, formatted("nested too deeply at byte {}", offset)};
        case ParseError::What::duplicate_key:
            return {what, offset, formatted("duplicate member name at byte {}", offset)};
        case ParseError::What::syntax:
            break;
    }
    return {what, offset, formatted("byte {}: syntax error", offset)};
}

}  // namespace

/// The parser's handler: appends one node per value. While a container is open, its `end` holds its parent's index,
/// so no separate stack is needed.
struct Builder {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    using ErrorCode = boost::json::error_code;
    using Text = boost::json::string_view;

    explicit Builder(std::string_view whole) : input(whole) {
        document.nodes_.reserve(whole.size() / bytes_per_node + 8);
    }

    Node& add(Kind kind) {
        const auto index = static_cast<std::uint32_t>(document.nodes_.size());
        if (open != nowhere) ++document.nodes_[open].children;
        Node& node = document.nodes_.emplace_back();
        node.kind = kind;
        node.end = index + 1;
        node.key = std::exchange(pending_key, {});
        return node;
    }

    void begin(Kind kind) {
        const auto index = static_cast<std::uint32_t>(document.nodes_.size());
        add(kind).end = open;
        open = index;
    }

    void end() {
        Node& node = document.nodes_[open];
        open = std::exchange(node.end, static_cast<std::uint32_t>(document.nodes_.size()));
    }

    bool viewable(Text part) const noexcept {
        const std::less_equal<> before;
        return before(input.data(), part.data()) && before(part.data() + part.size(), input.data() + input.size());
    }

    /// Text with escapes arrives in parts out of a buffer of the parser's, to be joined in ours. Decoded text is never
    /// longer than its spelling, so one buffer of the input's size holds all of it and never moves.
    void keep(Text part) {
        if (!document.decoded_) document.decoded_ = std::make_unique_for_overwrite<char[]>(input.size());
        std::memcpy(document.decoded_.get() + decoded_bytes, part.data(), part.size());
        decoded_bytes += part.size();
    }

    std::string_view finish(Text last, std::size_t total) {
        if (last.size() == total && viewable(last)) return {last.data(), last.size()};
        keep(last);
        return {document.decoded_.get() + (decoded_bytes - total), total};
    }

    bool on_document_begin(ErrorCode&) { return true; }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_object_begin(ErrorCode&) { return begin(Kind::object), true; }
    bool on_array_begin(ErrorCode&) { return begin(Kind::array), true; }
    bool on_array_end(std::size_t, ErrorCode&) { return end(), true; }
    bool on_object_end(std::size_t, ErrorCode& ec) {
        const std::uint32_t index = open;
        end();
        duplicate = document.nodes_[index].children <= pairwise_members_max ? duplicate_by_pairs(index)
                                                                            : duplicate_by_sorting(index);
        if (duplicate == nowhere) return true;
        ec = boost::json::error::syntax;
        return false;
    }
    bool on_key_part(Text part, std::size_t, ErrorCode&) { return keep(part), true; }
    bool on_key(Text last, std::size_t total, ErrorCode&) { return pending_key = finish(last, total), true; }
    bool on_string_part(Text part, std::size_t, ErrorCode&) { return keep(part), true; }
    bool on_string(Text last, std::size_t total, ErrorCode&) {
        const std::string_view text = finish(last, total);
        add(Kind::string).text = text;
        return true;
    }
    bool on_number_part(Text, ErrorCode&) { return true; }  // only before the text ends inside a number: an error
    bool number(Text token) { return add(Kind::number).text = {token.data(), token.size()}, true; }
    bool on_int64(std::int64_t, Text token, ErrorCode&) { return number(token); }
    bool on_uint64(std::uint64_t, Text token, ErrorCode&) { return number(token); }
    bool on_double(double, Text token, ErrorCode&) { return number(token); }
    bool on_bool(bool value, ErrorCode&) { return add(Kind::boolean).flag = value, true; }
    bool on_null(ErrorCode&) { return add(Kind::null), true; }
    bool on_comment_part(Text, ErrorCode&) { return false; }
    bool on_comment(Text, ErrorCode&) { return false; }

    /// Index of a member whose name an earlier member of the object has, or nowhere.
    std::uint32_t duplicate_by_pairs(std::uint32_t object) const noexcept {
        const Node* nodes = document.nodes_.data();
        std::string_view names[pairwise_members_max];
        std::size_t count = 0;
        for (std::uint32_t i = object + 1; i != nodes[object].end; i = nodes[i].end) {
            const std::string_view key = nodes[i].key;
            for (std::size_t k = 0; k < count; ++k) {
                if (same_name(names[k], key)) return i;
            }
            names[count++] = key;
        }
        return nowhere;
    }

    /// The name's first bytes as a number: names that differ there, nearly all of them, compare without touching the
    /// text.
    static std::uint64_t head(std::string_view key) noexcept {
        std::uint64_t out = 0;
        std::memcpy(&out, key.data(), std::min(key.size(), sizeof out));
        return out;
    }

    std::uint32_t duplicate_by_sorting(std::uint32_t object) {
        const Node* nodes = document.nodes_.data();
        names_.clear();
        for (std::uint32_t i = object + 1; i != nodes[object].end; i = nodes[i].end) {
            names_.push_back({head(nodes[i].key), i});
        }
        std::sort(names_.begin(), names_.end(), [nodes](const Name& a, const Name& b) {
            if (a.head != b.head) return a.head < b.head;
            if (const int order = nodes[a.node].key.compare(nodes[b.node].key); order != 0) return order < 0;
            return a.node < b.node;
        });
        const auto same = [nodes](const Name& a, const Name& b) {
            return a.head == b.head && nodes[a.node].key == nodes[b.node].key;
        };
        const auto found = std::adjacent_find(names_.begin(), names_.end(), same);
        return found == names_.end() ? nowhere : std::next(found)->node;
    }

    ParseError error(ErrorCode ec, std::size_t stopped_at) const {
        if (duplicate != nowhere) {
            const std::string_view key = document.nodes_[duplicate].key;
            const bool in_place = viewable({key.data(), key.size()});  // else: where its object ends
            const auto offset = in_place ? static_cast<std::size_t>(key.data() - input.data()) : stopped_at;
            return make_error(ParseError::What::duplicate_key, offset);
        }
        const bool deep = ec == boost::json::error::too_deep;
        return make_error(deep ? ParseError::What::too_deep : ParseError::What::syntax, stopped_at);
    }

    struct Name {
        std::uint64_t head;
        std::uint32_t node;
    };

    Document document;
    std::string_view input;
    std::size_t decoded_bytes = 0;
    std::string_view pending_key;
    std::uint32_t open = nowhere;
    std::uint32_t duplicate = nowhere;
    std::vector<Name> names_;
};

void throw_exception_from_error(const ParseError& error, const boost::source_location&) {
    throw BadResultAccess(error.text);
}

Result<Document, ParseError> parse(std::string_view text, const Limits& limits) {
    const std::size_t bytes_max = std::min(limits.bytes_max, text_bytes_max);
    if (text.size() > bytes_max) return make_error(ParseError::What::too_long, bytes_max);
    if (text.empty()) return make_error(ParseError::What::syntax, 0);
    boost::json::parse_options options;
    options.max_depth = limits.depth_max;
    boost::json::basic_parser<Builder> parser(options, text);
    Builder::ErrorCode ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    if (ec.failed() || read != text.size()) return parser.handler().error(ec, read);
    return std::move(parser.handler().document);
}

std::optional<std::string_view> Value::as_string() const noexcept {
    if (!is(Kind::string)) return std::nullopt;
    return node().text;
}

std::optional<std::int64_t> Value::as_int64() const noexcept {
    if (!is(Kind::number) || text() == "-0") return std::nullopt;
    std::int64_t out = 0;
    const char* const end = text().data() + text().size();
    const auto [stopped, ec] = std::from_chars(text().data(), end, out);
    if (ec != std::errc() || stopped != end) return std::nullopt;
    return out;
}

std::optional<bool> Value::as_bool() const noexcept {
    if (!is(Kind::boolean)) return std::nullopt;
    return node().flag;
}

Value Value::operator[](std::string_view name) const noexcept {
    if (!is(Kind::object)) return {};
    const std::uint32_t last = node().end;
    for (std::uint32_t i = index_ + 1; i != last; i = nodes_[i].end) {
        if (same_name(nodes_[i].key, name)) return {nodes_, i};
    }
    return {};
}

Value::Iterator Value::begin() const noexcept { return {nodes_, nodes_ != nullptr ? index_ + 1 : 0}; }
Value::Iterator Value::end() const noexcept { return {nodes_, nodes_ != nullptr ? node().end : 0}; }

namespace {

void write_container(Value value, std::string& out) {
    const bool object = value.is(Kind::object);
    out += object ? '{' : '[';
    bool first = true;
    for (const Value child : value) {
        if (!std::exchange(first, false)) out += ',';
        if (object) {
            write_string(child.key(), out);
            out += ':';
        }
        write(child, out);
    }
    out += object ? '}' : ']';
}

void write_escaped(char c, std::string& out) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '\\';
    switch (c) {
        case '"':
            out += '"';
            return;
        case '\\':
            out += '\\';
            return;
        case '\b':
            out += 'b';
            return;
        case '\f':
            out += 'f';
            return;
        case '\n':
            out += 'n';
            return;
        case '\r':
            out += 'r';
            return;
        case '\t':
            out += 't';
            return;
        default:
            break;
    }
    out += "u00";
    out += hex[static_cast<unsigned char>(c) >> 4];
    out += hex[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void write(Value value, std::string& out) {
    switch (value.kind()) {
        case Kind::null:
            out += "null";
            return;
        case Kind::boolean:
            out += value.as_bool().value_or(false) ? "true" : "false";
            return;
        case Kind::number:
            out += value.text();
            return;
        case Kind::string:
            write_string(value.text(), out);
            return;
        case Kind::array:
        case Kind::object:
            write_container(value, out);
            return;
    }
}

void write_string(std::string_view text, std::string& out) {
    out += '"';
    std::size_t plain = 0;  // start of the run not yet copied
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, plain, i - plain);
        write_escaped(c, out);
        plain = i + 1;
    }
    out.append(text, plain, std::string_view::npos);
    out += '"';
}

void ObjectWriter::name(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    write_string(name, out_);
    out_ += ':';
}

void ObjectWriter::string(std::string_view name, std::string_view value) {
    this->name(name);
    write_string(value, out_);
}

void ObjectWriter::integer(std::string_view name, std::int64_t value) {
    this->name(name);
    std::array<char, 20> digits;  // -9223372036854775808
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void ObjectWriter::boolean(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }

void ObjectWriter::raw(std::string_view name, std::string_view json) {
    this->name(name);
    out_ += json;
}

void ObjectWriter::value(std::string_view name, Value value) {
    this->name(name);
    write(value, out_);
}

}  // namespace ticketbottle::json
