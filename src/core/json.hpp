#pragma once
/// \file
/// Strict JSON for hostile bytes, over Boost.JSON's parser: invalid UTF-8, lone surrogates, duplicate member names,
/// trailing bytes and anything past the limits are refused; numbers keep their token text, so no id or amount
/// passes through a double. Internal: not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <vector>

namespace ticketbottle::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Limits {
    std::size_t bytes_max = 256 * 1024;
    std::size_t depth_max = 64;
};

struct ParseError {
    enum class What : std::uint8_t { syntax, too_long, too_deep, duplicate_key };
    What what = What::syntax;
    std::size_t offset = 0;  ///< Bytes from the start, where known.
    std::string text;        ///< "byte 17: syntax error", "duplicate member name at byte 17": no payload in it.
};
[[noreturn]] void throw_exception_from_error(const ParseError& error, const boost::source_location& where);

/// One node, in pre-order: an array's or object's children follow it directly.
struct Node {
    Kind kind = Kind::null;
    bool flag = false;           ///< Value of a boolean.
    std::uint32_t children = 0;  ///< Count of elements or members.
    std::uint32_t end = 0;       ///< Index one past this node's subtree.
    std::string_view key;        ///< Member name, decoded; empty for elements.
    std::string_view text;       ///< String: decoded value (may hold NUL). Number: its token, as received.
};

class Document;

/// A place in a Document, or nowhere. Looking up a member of nowhere, or of what is no object, gives nowhere.
class Value {
public:
    Value() = default;
    [[nodiscard]] explicit operator bool() const noexcept { return nodes_ != nullptr; }
    [[nodiscard]] bool is(Kind kind) const noexcept { return nodes_ != nullptr && node().kind == kind; }
    [[nodiscard]] Kind kind() const noexcept { return nodes_ != nullptr ? node().kind : Kind::null; }

    [[nodiscard]] std::string_view key() const noexcept { return node().key; }
    /// Decoded text of a string, token of a number; "" otherwise.
    [[nodiscard]] std::string_view text() const noexcept {
        return nodes_ != nullptr ? node().text : std::string_view();
    }
    /// A string's text, or nullopt.
    [[nodiscard]] std::optional<std::string_view> as_string() const noexcept;
    /// A number that is a plain integer token within int64 ("1", "-7"; not "1.0", "1e3", "-0"), else nullopt.
    [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
    [[nodiscard]] std::optional<bool> as_bool() const noexcept;

    /// Member by name, or nowhere.
    [[nodiscard]] Value operator[](std::string_view name) const noexcept;
    /// Number of elements or members.
    [[nodiscard]] std::size_t size() const noexcept { return nodes_ != nullptr ? node().children : 0; }
    /// Elements or members in order: for (Value child : value).
    class Iterator;
    [[nodiscard]] Iterator begin() const noexcept;
    [[nodiscard]] Iterator end() const noexcept;

private:
    friend class Document;
    Value(const Node* nodes, std::uint32_t index) : nodes_(nodes), index_(index) {}
    [[nodiscard]] const Node& node() const noexcept { return nodes_[index_]; }
    const Node* nodes_ = nullptr;
    std::uint32_t index_ = 0;
};

class Value::Iterator {
public:
    Iterator(const Node* nodes, std::uint32_t index) : nodes_(nodes), index_(index) {}
    [[nodiscard]] Value operator*() const noexcept { return {nodes_, index_}; }
    Iterator& operator++() noexcept {
        index_ = nodes_[index_].end;
        return *this;
    }
    [[nodiscard]] bool operator!=(const Iterator& other) const noexcept { return index_ != other.index_; }

private:
    const Node* nodes_;
    std::uint32_t index_;
};

/// Owns the nodes and the decoded text; also views the text it was parsed from, which must outlive it. Movable.
class Document {
public:
    Document() = default;
    Document(Document&&) noexcept = default;
    Document& operator=(Document&&) noexcept = default;
    [[nodiscard]] Value root() const noexcept { return nodes_.empty() ? Value() : Value(nodes_.data(), 0); }

private:
    friend struct Builder;
    std::vector<Node> nodes_;
    std::unique_ptr<char[]> decoded_;  ///< Backing of the strings that had escapes.
};

/// Threads: any. Exceptions: std::bad_alloc.
[[nodiscard]] Result<Document, ParseError> parse(std::string_view text, const Limits& limits = {});

/// Appends `value` as compact JSON; number tokens unchanged, strings by write_string.
void write(Value value, std::string& out);
/// Appends a quoted JSON string: escapes `"`, `\` and control characters (\b \f \n \r \t, else \u00xx); '/' and
/// non-ASCII as they are. `text` must be valid UTF-8 (see core/utf8.hpp); the caller has checked.
void write_string(std::string_view text, std::string& out);

/// Writes an object member by member: `Writer w(out); w.member("a", 1); w.finish();`
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    void string(std::string_view name, std::string_view value);
    void integer(std::string_view name, std::int64_t value);
    void boolean(std::string_view name, bool value);
    void raw(std::string_view name, std::string_view json);  ///< `json` is one JSON value.
    void value(std::string_view name, Value value);
    void finish() { out_ += '}'; }

private:
    void name(std::string_view name);
    std::string& out_;
    bool first_ = true;
};

}  // namespace ticketbottle::json
