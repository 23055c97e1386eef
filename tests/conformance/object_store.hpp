#pragma once
/// \file
/// What every ObjectStore does. A backend is done when it passes:
///
///     struct MyBackend {                                    // a store of its own per object, empty
///         ObjectStore& store();                             // the same object each time
///         static constexpr bool keys_may_continue_keys;     // can it hold both "a" and "a/b"? If not: unsupported.
///     };
///     TKB_OBJECT_STORE_CONFORMANCE(MyBackend);

#include <ticketbottle/ports/object_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::conformance {

inline Deadline object_soon() { return Deadline::in(std::chrono::seconds(60)); }

inline std::string put(ObjectStore& store, std::string_view key, std::string_view bytes, const ObjectAttributes& attributes = {}) {
    const Result<std::string> etag = store.put(key, bytes, attributes, object_soon());
    REQUIRE_MESSAGE(etag.has_value(), to_string(etag.error()));
    return *etag;
}

inline std::optional<Object> get(ObjectStore& store, std::string_view key) {
    const Result<std::optional<Object>> object = store.get(key, object_soon());
    REQUIRE_MESSAGE(object.has_value(), to_string(object.error()));
    return *object;
}

/// Every key with the prefix, by pages of `max`; each page but the last is full and continues.
inline std::vector<std::string> list_keys(ObjectStore& store, std::string_view prefix, std::uint32_t max = 1000) {
    std::vector<std::string> keys;
    std::string continuation;
    do {
        const Result<ObjectList> page = store.list(prefix, continuation, max, object_soon());
        REQUIRE_MESSAGE(page.has_value(), to_string(page.error()));
        REQUIRE(page->objects.size() <= max);
        if (!page->continuation.empty()) CHECK(page->objects.size() == max);
        for (const ObjectSummary& object : page->objects) keys.push_back(object.key);
        continuation = page->continuation;
    } while (!continuation.empty());
    return keys;
}

/// Keys that no store takes, each for another reason.
inline std::vector<std::string> hostile_keys() {
    return {"", ".", "..", "../x", "a/../b", "a/..", "./a", "a/./b", "a/.", "/", "/etc/passwd", "a//b", "a/", "//a",
            std::string("a\0b", 3), std::string("\0", 1), "a\\b", "..\\x", "a\nb", "a\x7F", "\xC2\x85", "\xFF", "a/\xC0\xAE\xC0\xAE/b",
            "\xED\xA0\x80", ".tkb", ".tkb/records/x", ".tkbx", "a/.tkb-1", std::string(256, 'x'), "a/" + std::string(256, 'x'),
            std::string(128, 'a') + [] {
                std::string deep;
                for (int i = 0; i < 8; ++i) deep += "/" + std::string(128, 'b');
                return deep;
            }()};
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: what is put is got, byte for byte", Backend, object_round_trip) {
    Backend backend;
    std::string every_byte;
    for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
    for (const std::string& bytes : {std::string(), std::string("%PDF-1.4"), every_byte, std::string(3'000'000, 'z')}) {
        const std::string etag = put(backend.store(), "tickets/one.pdf", bytes);
        const std::optional<Object> object = get(backend.store(), "tickets/one.pdf");
        REQUIRE(object.has_value());
        CHECK(object->bytes == bytes);
        CHECK(object->etag == etag);
        CHECK_FALSE(etag.empty());
    }
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: attributes go with the bytes they were put with", Backend, object_attributes) {
    Backend backend;
    const ObjectAttributes first{"application/pdf", {{"order-id", "TB-1"}, {"Holder_Name", "Tr\xE1\xBA\xA7n \"T\""}, {"empty", ""}}};
    const ObjectAttributes second{"text/plain; charset=utf-8", {}};
    put(backend.store(), "a", "one", first);
    CHECK(get(backend.store(), "a")->attributes.content_type == first.content_type);
    CHECK(get(backend.store(), "a")->attributes.metadata == first.metadata);
    put(backend.store(), "a", "one", second);
    CHECK(get(backend.store(), "a")->attributes.content_type == second.content_type);
    CHECK(get(backend.store(), "a")->attributes.metadata.empty());
    put(backend.store(), "a", "two");
    CHECK(get(backend.store(), "a")->attributes.content_type == ObjectAttributes().content_type);
    put(backend.store(), "b", "one", first);
    CHECK(get(backend.store(), "b")->attributes.metadata == first.metadata);
    CHECK(get(backend.store(), "a")->attributes.metadata.empty());
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: bad attributes are refused and nothing is stored", Backend, object_bad_attributes) {
    Backend backend;
    const std::vector<ObjectAttributes> bad{{"", {}},
                                            {"text/plain\r\nx: y", {}},
                                            {std::string(256, 'x'), {}},
                                            {"a/b", {{"", "x"}}},
                                            {"a/b", {{"na me", "x"}}},
                                            {"a/b", {{"name", "x\ny"}}},
                                            {"a/b", {{"name", "\xFF"}}},
                                            {"a/b", {{"name", std::string(2048, 'x')}}}};
    for (const ObjectAttributes& attributes : bad) {
        const Result<std::string> etag = backend.store().put("a", "x", attributes, object_soon());
        REQUIRE_FALSE(etag.has_value());
        CHECK(etag.error().code == Errc::invalid_argument);
    }
    CHECK_FALSE(get(backend.store(), "a").has_value());
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: an etag follows from the bytes only", Backend, object_etag) {
    Backend backend;
    const std::string one = put(backend.store(), "a", "one");
    CHECK(put(backend.store(), "b", "one", {"text/plain", {{"m", "1"}}}) == one);
    CHECK(put(backend.store(), "a", "two") != one);
    CHECK(put(backend.store(), "a", "one") == one);
    const Result<ObjectList> page = backend.store().list("", "", 10, object_soon());
    REQUIRE(page.has_value());
    REQUIRE(page->objects.size() == 2);
    for (const ObjectSummary& object : page->objects) {
        CHECK(object.etag == one);
        CHECK(object.size == 3);
    }
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: what is not there is nothing, and removing it succeeds", Backend, object_absent) {
    Backend backend;
    CHECK_FALSE(get(backend.store(), "a/b/c").has_value());
    CHECK(backend.store().remove("a/b/c", object_soon()).has_value());
    put(backend.store(), "a/b/c", "x");
    CHECK_FALSE(get(backend.store(), "a/b").has_value());
    CHECK(backend.store().remove("a/b", object_soon()).has_value());
    CHECK(get(backend.store(), "a/b/c").has_value());
    CHECK(backend.store().remove("a/b/c", object_soon()).has_value());
    CHECK(backend.store().remove("a/b/c", object_soon()).has_value());
    CHECK_FALSE(get(backend.store(), "a/b/c").has_value());
    CHECK(list_keys(backend.store(), "").empty());
    put(backend.store(), "a", "a name that was a folder's is free again");
    CHECK(get(backend.store(), "a").has_value());
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: removing forgets the attributes too", Backend, object_remove_attributes) {
    Backend backend;
    put(backend.store(), "a", "one", {"application/pdf", {{"m", "1"}}});
    REQUIRE(backend.store().remove("a", object_soon()).has_value());
    put(backend.store(), "a", "one");
    CHECK(get(backend.store(), "a")->attributes.metadata.empty());
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: hostile keys are refused by every call", Backend, object_hostile_keys) {
    Backend backend;
    put(backend.store(), "a/b", "kept");
    for (const std::string& key : hostile_keys()) {
        CAPTURE(key);
        CHECK(backend.store().put(key, "x", {}, object_soon()).error().code == Errc::invalid_argument);
        CHECK(backend.store().get(key, object_soon()).error().code == Errc::invalid_argument);
        CHECK(backend.store().remove(key, object_soon()).error().code == Errc::invalid_argument);
    }
    CHECK(list_keys(backend.store(), "") == std::vector<std::string>{"a/b"});
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: odd but allowed keys work", Backend, object_odd_keys) {
    Backend backend;
    std::string deep = "d";
    while (deep.size() + 2 <= 1024) deep += "/d";
    std::set<std::string> keys{"...", "a..b", ".hidden", "-rf", "~", "*?[x]", "a b", "C:", "%2e%2e", "$HOME;x", "tkb",
                               std::string(255, 'y'), "v\xC3\xA9/\xE1\xBB\x91", "\xE4\xBC\x9A", "new", "cur/tmp", deep};
    for (const std::string& key : keys) put(backend.store(), key, key);
    for (const std::string& key : keys) {
        CAPTURE(key);
        REQUIRE(get(backend.store(), key).has_value());
        CHECK(get(backend.store(), key)->bytes == key);
    }
    CHECK(list_keys(backend.store(), "") == std::vector<std::string>(keys.begin(), keys.end()));
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: an object too large is refused and the old one stays", Backend, object_too_large) {
    Backend backend;
    put(backend.store(), "a", "old");
    const std::string bytes(object_bytes_max + 1, 'x');
    CHECK(backend.store().put("a", bytes, {}, object_soon()).error().code == Errc::invalid_argument);
    CHECK(get(backend.store(), "a")->bytes == "old");
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: pages follow each other by key", Backend, object_pages) {
    Backend backend;
    std::set<std::string> keys;
    for (int i = 0; i < 23; ++i) keys.insert("t/" + std::to_string(i % 5) + "/" + std::to_string(i));
    for (const char* key : {"t-1", "t.x", "s", "u/1", "t/1-a", "t/1.b", "T/1"}) keys.insert(key);
    for (const std::string& key : keys) put(backend.store(), key, "x");
    const std::vector<std::string> all(keys.begin(), keys.end());
    for (const std::uint32_t max : {1U, 2U, 7U, 30U, 1000U}) CHECK(list_keys(backend.store(), "", max) == all);
    for (const char* prefix : {"t", "t/", "t/1", "t/1/", "t/1/1", "u/1", "none", "t/1/11x", "T", "../", "/", "\xFF"}) {
        CAPTURE(prefix);
        std::vector<std::string> expected;
        std::copy_if(all.begin(), all.end(), std::back_inserter(expected), [&](const std::string& k) { return k.starts_with(prefix); });
        for (const std::uint32_t max : {1U, 3U, 1000U}) CHECK(list_keys(backend.store(), prefix, max) == expected);
    }
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: a page goes on though its last object was removed", Backend, object_pages_removed) {
    Backend backend;
    for (const char* key : {"a/1", "a/2", "a/3"}) put(backend.store(), key, "x");
    const Result<ObjectList> first = backend.store().list("a/", "", 1, object_soon());
    REQUIRE(first.has_value());
    REQUIRE(backend.store().remove(first->objects.at(0).key, object_soon()).has_value());
    const Result<ObjectList> second = backend.store().list("a/", first->continuation, 10, object_soon());
    REQUIRE(second.has_value());
    REQUIRE(second->objects.size() == 2);
    CHECK(second->objects[0].key == "a/2");
    CHECK(second->continuation.empty());
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: a page has 1 to 1000 objects", Backend, object_page_size) {
    Backend backend;
    CHECK(backend.store().list("", "", 0, object_soon()).error().code == Errc::invalid_argument);
    CHECK(backend.store().list("", "", 1001, object_soon()).error().code == Errc::invalid_argument);
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: past the deadline nothing is done", Backend, object_deadline) {
    Backend backend;
    const Deadline past = Deadline::in(std::chrono::milliseconds(-1));
    put(backend.store(), "a", "old");
    CHECK(backend.store().put("a", "new", {}, past).error().code == Errc::cancelled);
    CHECK(backend.store().remove("a", past).error().code == Errc::cancelled);
    CHECK(backend.store().get("a", past).error().code == Errc::cancelled);
    CHECK(backend.store().list("", "", 1, past).error().code == Errc::cancelled);
    CHECK(get(backend.store(), "a")->bytes == "old");
}

TEST_CASE_TEMPLATE_DEFINE("ObjectStore: a key that continues another's is held or unsupported", Backend, object_nested) {
    Backend backend;
    put(backend.store(), "a", "1");
    put(backend.store(), "b/c", "2");
    const Result<std::string> below = backend.store().put("a/b", "3", {}, object_soon());
    const Result<std::string> above = backend.store().put("b", "4", {}, object_soon());
    if (Backend::keys_may_continue_keys) {
        CHECK(below.has_value());
        CHECK(above.has_value());
    } else {
        CHECK(below.error().code == Errc::unsupported);
        CHECK(above.error().code == Errc::unsupported);
    }
    CHECK(get(backend.store(), "a")->bytes == "1");
    CHECK(get(backend.store(), "b/c")->bytes == "2");
    CHECK(get(backend.store(), "a/b").has_value() == Backend::keys_may_continue_keys);
    CHECK(get(backend.store(), "b").has_value() == Backend::keys_may_continue_keys);
    CHECK(list_keys(backend.store(), "").size() == (Backend::keys_may_continue_keys ? 4 : 2));
}

}  // namespace ticketbottle::conformance

#define TKB_OBJECT_STORE_CONFORMANCE(...)                              \
    namespace ticketbottle::conformance {                              \
    TEST_CASE_TEMPLATE_INVOKE(object_round_trip, __VA_ARGS__);         \
    TEST_CASE_TEMPLATE_INVOKE(object_attributes, __VA_ARGS__);         \
    TEST_CASE_TEMPLATE_INVOKE(object_bad_attributes, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(object_etag, __VA_ARGS__);               \
    TEST_CASE_TEMPLATE_INVOKE(object_absent, __VA_ARGS__);             \
    TEST_CASE_TEMPLATE_INVOKE(object_remove_attributes, __VA_ARGS__);  \
    TEST_CASE_TEMPLATE_INVOKE(object_hostile_keys, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(object_odd_keys, __VA_ARGS__);           \
    TEST_CASE_TEMPLATE_INVOKE(object_too_large, __VA_ARGS__);          \
    TEST_CASE_TEMPLATE_INVOKE(object_pages, __VA_ARGS__);              \
    TEST_CASE_TEMPLATE_INVOKE(object_pages_removed, __VA_ARGS__);      \
    TEST_CASE_TEMPLATE_INVOKE(object_page_size, __VA_ARGS__);          \
    TEST_CASE_TEMPLATE_INVOKE(object_deadline, __VA_ARGS__);           \
    TEST_CASE_TEMPLATE_INVOKE(object_nested, __VA_ARGS__);             \
    }                                                                  \
    static_assert(true)
