#include <ticketbottle/consumer/sqs.hpp>

#include "core/format.hpp"
#include "core/json.hpp"

namespace ticketbottle::consumer {

namespace {

constexpr std::size_t message_id_bytes_max = 256;  // ours; a UUID today

Error malformed(std::string detail) { return fail(Errc::malformed, "consumer.read_sqs_batch", std::move(detail)); }

}  // namespace

Result<std::vector<Record>> read_sqs_batch(std::string_view invocation) {
    const auto document = json::parse(invocation, {.bytes_max = invocation_bytes_max});
    if (!document.has_value()) {
        return malformed(document.error().text);
    }
    const json::Value list = document->root()["Records"];
    if (!list.is(json::Kind::array)) {
        return malformed("Records: not an array");
    }
    std::vector<Record> records;
    records.reserve(list.size());
    for (const json::Value item : list) {
        const auto id = item["messageId"].as_string();
        if (!id || id->empty() || id->size() > message_id_bytes_max) {
            // Without its id a record's failure could not be reported: it would be lost.
            return malformed(formatted("Records[{}].messageId: not 1 to {} bytes of text", records.size(), message_id_bytes_max));
        }
        Record record;
        record.id = *id;
        record.body = item["body"].as_string().value_or("");
        record.type = item["messageAttributes"]["eventType"]["stringValue"].as_string().value_or("");
        records.push_back(std::move(record));
    }
    return records;
}

std::string write_sqs_failures(std::span<const std::string> ids) {
    std::string out = R"({"batchItemFailures":[)";
    for (std::size_t i = 0; i < ids.size(); ++i) {
        out += i == 0 ? R"({"itemIdentifier":)" : R"(,{"itemIdentifier":)";
        json::write_string(ids[i], out);
        out += '}';
    }
    return out + "]}";
}

}  // namespace ticketbottle::consumer
