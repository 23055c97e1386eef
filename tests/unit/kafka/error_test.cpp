#include "kafka/error.hpp"
#include "kafka/publication.hpp"
#include "kafka/trouble.hpp"

#include <doctest/doctest.h>

#include <set>

namespace ticketbottle::kafka {

TEST_CASE("Kafka errors: each code is in the table once") {
    std::set<int> seen;
    for (const CodeRow& row : code_table()) {
        CAPTURE(rd_kafka_err2name(row.code));
        CHECK(seen.insert(row.code).second);
        CHECK(blame_of(row.code) == row.blame);
    }
}

TEST_CASE("Kafka errors: a closed way burns no attempt, whatever closes it") {
    for (const auto code : {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__SSL,
                            RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT,
                            RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                            RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                            RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN}) {
        CAPTURE(rd_kafka_err2name(code));
        CHECK(errc_of(blame_of(code)) == Errc::unavailable);
    }
}

TEST_CASE("Kafka errors: a message or its topic at fault burns one") {
    for (const auto code : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
                            RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE})
        CHECK(errc_of(blame_of(code)) == Errc::malformed);
    for (const auto code : {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION})
        CHECK(errc_of(blame_of(code)) == Errc::unsupported);
    CHECK(errc_of(blame_of(RD_KAFKA_RESP_ERR__INVALID_ARG)) == Errc::internal);
}

TEST_CASE("Kafka errors: a code nobody has heard of costs an event no attempt") {
    CHECK(errc_of(blame_of(static_cast<rd_kafka_resp_err_t>(250))) == Errc::unavailable);
    CHECK(errc_of(blame_of(static_cast<rd_kafka_resp_err_t>(-199))) == Errc::unavailable);
}

TEST_CASE("Kafka errors: where a message is, is what librdkafka knows") {
    CHECK(delivery_of(RD_KAFKA_MSG_STATUS_PERSISTED) == Delivery::delivered);
    CHECK(delivery_of(RD_KAFKA_MSG_STATUS_NOT_PERSISTED) == Delivery::not_sent);
    CHECK(delivery_of(RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) == Delivery::unknown);
}

TEST_CASE("Kafka trouble: a refused SCRAM account on an old librdkafka says that it may be Kafka 4") {
    constexpr int old = 0x020002ff;
    constexpr int mended = 0x020601ff;
    for (const auto sasl : {Sasl::scram_sha_256, Sasl::scram_sha_512}) {
        const std::string said = explain(RD_KAFKA_RESP_ERR__AUTHENTICATION, 0, "invalid credentials", sasl, old);
        CHECK(said.find("librdkafka 2.0.2 cannot do SCRAM") != std::string::npos);
        CHECK(said.find("Kafka 4 or newer") != std::string::npos);
        CHECK(said.find("invalid credentials") != std::string::npos);
        CHECK(explain(RD_KAFKA_RESP_ERR__AUTHENTICATION, 0, "x", sasl, mended) == "the broker refuses this account: x");
    }
    CHECK(explain(RD_KAFKA_RESP_ERR__AUTHENTICATION, 0, "x", Sasl::plain, old) == "the broker refuses this account: x");
}

TEST_CASE("Kafka trouble: a refused certificate is told by what is wrong with it") {
    const auto said = [](int x509_error) { return explain(RD_KAFKA_RESP_ERR__SSL, x509_error, "text", Sasl::none, 0x020002ff); };
    for (const int x509_error : {62, 64}) CHECK(said(x509_error) == "the broker's certificate names another host: text");
    for (const int x509_error : {2, 18, 19, 20, 21}) CHECK(said(x509_error).find("no authority that is trusted here") != std::string::npos);
    CHECK(said(10) == "the broker's certificate has expired: text");
    CHECK(said(9) == "the broker's certificate is not valid yet: text");
    CHECK(said(0) == "no TLS with the broker: text");
    CHECK(said(7) == "the broker's certificate is refused: text");
}

TEST_CASE("Kafka trouble: what librdkafka says is one short line of ASCII, without the password") {
    CHECK(clean("a\tb\nc\x1b[31m\xff", Secret("x")) == "a?b c?[31m?");
    CHECK(clean(std::string(1000, 'a'), Secret()).size() == 400);
    CHECK(clean("user relay, password p4ss and p4ss", Secret("p4ss")) == "user relay, password *** and ***");
    CHECK(clean("*******", Secret("*")).size() > 0);  // ends
    // Cut only after it is gone, so that no half of it stays.
    CHECK(clean(std::string(398, 'a') + "p4ss", Secret("p4ss")).find('p') == std::string::npos);
}

TEST_CASE("Kafka: a record's size is never below what Kafka counts") {
    Message message{"paid", "key", "value", {{"name", "v"}, {"", ""}}};
    // By the format (record batch version 2): 61 of the batch, 7 of the record's head and lengths, key, value, 1 of the count,
    // headers with a length byte before each part.
    const std::size_t exact = 61 + 1 + 1 + 1 + 1 + 1 + 3 + 1 + 5 + 1 + (1 + 4 + 1 + 1) + 2;
    CHECK(record_bytes(message) >= exact);
    CHECK(record_bytes(message) <= exact + 100);
    const std::size_t before = record_bytes(message);
    message.value += "12345";
    message.headers.push_back({"ab", "c"});
    CHECK(record_bytes(message) == before + 5 + 3 + 10);
}

}  // namespace ticketbottle::kafka
