// Whatever json::parse accepts is written as JSON that parses to the same text again, its strings valid UTF-8, its
// names found by name; whatever it refuses has an error within the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/json.hpp"
#include "core/utf8.hpp"

namespace json = ticketbottle::json;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void walk(json::Value value) {
    must(ticketbottle::utf8::valid(value.text()) && ticketbottle::utf8::valid(value.key()));
    if (const auto number = value.as_int64()) must(std::to_string(*number) == value.text());
    std::size_t count = 0;
    for (const json::Value child : value) {
        // Looking every member up in a large object would take quadratic time.
        if (value.is(json::Kind::object) && value.size() < 64)
            must(&*value[child.key()].key().begin() == &*child.key().begin());
        walk(child);
        ++count;
    }
    must(count == value.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto document = json::parse(text);
    if (!document.has_value()) {
        must(document.error().offset <= std::max(text.size(), json::Limits{}.bytes_max) &&
             !document.error().text.empty());
        return 0;
    }
    walk(document->root());
    std::string once, twice;
    json::write(document->root(), once);
    const auto again = json::parse(once, {.bytes_max = once.size()});  // \u001f grows no more than sixfold, \/ shrinks
    must(again.has_value());
    json::write(again->root(), twice);
    must(once == twice);
    return 0;
}
