#include "kafka/error.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::kafka {
namespace {

// "_INVALID_DIFFERENT_RECORD: failed because another record of its batch is invalid"; librdkafka 2.2 and later.
constexpr auto invalid_different_record = static_cast<rd_kafka_resp_err_t>(-138);

#define TKB_CODE(name, blame) CodeRow{RD_KAFKA_RESP_ERR_##name, Blame::blame}
// With an underscore in front: what librdkafka found itself. Without: what a broker answered.
constexpr std::array table{
    TKB_CODE(_TRANSPORT, way),
    TKB_CODE(_ALL_BROKERS_DOWN, way),
    TKB_CODE(_RESOLVE, way),
    TKB_CODE(_SSL, way),
    TKB_CODE(_AUTHENTICATION, way),
    TKB_CODE(_TIMED_OUT, way),
    TKB_CODE(_TIMED_OUT_QUEUE, way),
    TKB_CODE(_MSG_TIMED_OUT, way),
    TKB_CODE(_WAIT_COORD, way),
    TKB_CODE(_WAIT_CACHE, way),
    TKB_CODE(_NODE_UPDATE, way),
    TKB_CODE(_QUEUE_FULL, way),
    TKB_CODE(_PURGE_QUEUE, way),
    TKB_CODE(_PURGE_INFLIGHT, way),
    TKB_CODE(_RETRY, way),
    TKB_CODE(_DESTROY, way),
    TKB_CODE(_FATAL, way),
    TKB_CODE(_FENCED, way),
    TKB_CODE(_GAPLESS_GUARANTEE, way),
    TKB_CODE(_INCONSISTENT, way),  // acknowledgements that do not fit: some may be there
    TKB_CODE(_BAD_MSG, way),       // an answer of the broker that does not parse
    TKB_CODE(_CRIT_SYS_RESOURCE, way),
    TKB_CODE(_UNSUPPORTED_FEATURE, way),  // brokers too old for idempotence: a cluster to be upgraded, no event at fault
    TKB_CODE(UNKNOWN, way),
    TKB_CODE(LEADER_NOT_AVAILABLE, way),
    TKB_CODE(NOT_LEADER_FOR_PARTITION, way),
    TKB_CODE(FENCED_LEADER_EPOCH, way),
    TKB_CODE(UNKNOWN_LEADER_EPOCH, way),
    TKB_CODE(REQUEST_TIMED_OUT, way),
    TKB_CODE(BROKER_NOT_AVAILABLE, way),
    TKB_CODE(REPLICA_NOT_AVAILABLE, way),
    TKB_CODE(NETWORK_EXCEPTION, way),
    TKB_CODE(NOT_ENOUGH_REPLICAS, way),
    TKB_CODE(NOT_ENOUGH_REPLICAS_AFTER_APPEND, way),
    TKB_CODE(KAFKA_STORAGE_ERROR, way),  // the broker's disk: full, or broken
    TKB_CODE(COORDINATOR_LOAD_IN_PROGRESS, way),
    TKB_CODE(COORDINATOR_NOT_AVAILABLE, way),
    TKB_CODE(NOT_COORDINATOR, way),
    TKB_CODE(CONCURRENT_TRANSACTIONS, way),
    TKB_CODE(OUT_OF_ORDER_SEQUENCE_NUMBER, way),
    TKB_CODE(UNKNOWN_PRODUCER_ID, way),
    TKB_CODE(INVALID_PRODUCER_EPOCH, way),
    TKB_CODE(PRODUCER_FENCED, way),
    TKB_CODE(UNSUPPORTED_VERSION, way),
    TKB_CODE(UNSUPPORTED_SASL_MECHANISM, way),
    TKB_CODE(ILLEGAL_SASL_STATE, way),
    TKB_CODE(SASL_AUTHENTICATION_FAILED, way),
    TKB_CODE(SECURITY_DISABLED, way),
    TKB_CODE(CLUSTER_AUTHORIZATION_FAILED, way),  // the account may not produce idempotently anywhere
    TKB_CODE(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, way),
    TKB_CODE(INVALID_REQUIRED_ACKS, way),
    TKB_CODE(INVALID_MSG, way),   // bytes changed on the way; librdkafka has sent them again before it gives up
    TKB_CODE(THROTTLING_QUOTA_EXCEEDED, way),
    TKB_CODE(_UNKNOWN_TOPIC, topic),
    TKB_CODE(_UNKNOWN_PARTITION, topic),
    TKB_CODE(UNKNOWN_TOPIC_OR_PART, topic),
    TKB_CODE(TOPIC_EXCEPTION, topic),
    TKB_CODE(TOPIC_AUTHORIZATION_FAILED, topic),
    TKB_CODE(POLICY_VIOLATION, topic),
    TKB_CODE(UNSUPPORTED_FOR_MESSAGE_FORMAT, topic),  // a topic of a format before headers
    TKB_CODE(UNSUPPORTED_COMPRESSION_TYPE, topic),
    TKB_CODE(MSG_SIZE_TOO_LARGE, batch),
    TKB_CODE(INVALID_MSG_SIZE, batch),
    TKB_CODE(RECORD_LIST_TOO_LARGE, batch),
    TKB_CODE(INVALID_RECORD, batch),
    TKB_CODE(INVALID_TIMESTAMP, batch),
    CodeRow{invalid_different_record, Blame::batch},
    TKB_CODE(_INVALID_ARG, ours),
    TKB_CODE(_CONFLICT, ours),
    TKB_CODE(_STATE, ours),
    TKB_CODE(_NOT_IMPLEMENTED, ours),
    TKB_CODE(INVALID_REQUEST, ours),
};
#undef TKB_CODE

}  // namespace

std::span<const CodeRow> code_table() noexcept { return table; }

Blame blame_of(rd_kafka_resp_err_t code) noexcept {
    const auto* const row = std::ranges::find(table, code, &CodeRow::code);
    return row == table.end() ? Blame::way : row->blame;
}

Errc errc_of(Blame blame) noexcept {
    switch (blame) {
        case Blame::topic: return Errc::unsupported;
        case Blame::batch: return Errc::malformed;
        case Blame::ours: return Errc::internal;
        case Blame::way: break;
    }
    return Errc::unavailable;
}

Delivery delivery_of(rd_kafka_msg_status_t status) noexcept {
    switch (status) {
        case RD_KAFKA_MSG_STATUS_PERSISTED: return Delivery::delivered;
        case RD_KAFKA_MSG_STATUS_NOT_PERSISTED: return Delivery::not_sent;
        default: return Delivery::unknown;
    }
}

std::string describe(rd_kafka_resp_err_t code) { return formatted("{}: {}", rd_kafka_err2name(code), rd_kafka_err2str(code)); }

}  // namespace ticketbottle::kafka
