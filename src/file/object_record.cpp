#include "file/object_record.hpp"

#include "core/crypto.hpp"
#include "core/format.hpp"
#include "core/json.hpp"

namespace ticketbottle::file {
namespace {

constexpr std::size_t depth_max = 8;

std::optional<std::string> read_text(json::Value object, std::string_view name) {
    const std::optional<std::string_view> text = object[name].as_string();
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::optional<ObjectVersion> read_version(json::Value value) {
    std::optional<std::string> etag = read_text(value, "etag");
    std::optional<std::string> stamp = read_text(value, "stamp");
    std::optional<std::string> content_type = read_text(value, "content_type");
    const json::Value metadata = value["metadata"];
    if (!etag || !stamp || !content_type || !metadata.is(json::Kind::object)) return std::nullopt;
    ObjectAttributes attributes{std::move(*content_type), {}};
    for (const json::Value entry : metadata) {
        const std::optional<std::string_view> text = entry.as_string();
        if (!text) return std::nullopt;
        attributes.metadata.emplace(entry.key(), *text);
    }
    if (!check_object_attributes(attributes).has_value()) return std::nullopt;
    return ObjectVersion{std::move(*etag), std::move(*stamp), std::move(attributes)};
}

void write_version(const ObjectVersion& version, std::string& out) {
    json::ObjectWriter object(out);
    object.string("etag", version.etag);
    object.string("stamp", version.stamp);
    object.string("content_type", version.attributes.content_type);
    std::string metadata;
    json::ObjectWriter entries(metadata);
    for (const auto& [name, value] : version.attributes.metadata) entries.string(name, value);
    entries.finish();
    object.raw("metadata", metadata);
    object.finish();
}

}  // namespace

std::string object_etag(std::string_view bytes) { return crypto::lower_hex(crypto::sha256({bytes})); }

std::string file_stamp(const struct stat& info) {
    return formatted("{}-{}-{}.{:09}", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::string write_record(const ObjectRecord& record) {
    std::string versions = "[";
    for (const ObjectVersion& version : record.versions) {
        if (versions.size() > 1) versions += ',';
        write_version(version, versions);
    }
    versions += ']';
    std::string out;
    json::ObjectWriter object(out);
    object.string("key", record.key);
    object.raw("versions", versions);
    object.finish();
    out += '\n';
    return out;
}

std::optional<ObjectRecord> parse_record(std::string_view text, std::string_view key) {
    const Result<json::Document, json::ParseError> document = json::parse(text, {object_record_bytes_max, depth_max});
    if (!document.has_value()) return std::nullopt;
    const json::Value root = document->root();
    const json::Value versions = root["versions"];
    if (read_text(root, "key") != key || !versions.is(json::Kind::array) || versions.size() > object_versions_max) return std::nullopt;
    ObjectRecord record{std::string(key), {}};
    for (const json::Value value : versions) {
        std::optional<ObjectVersion> version = read_version(value);
        if (!version) return std::nullopt;
        record.versions.push_back(std::move(*version));
    }
    return record;
}

}  // namespace ticketbottle::file
