#pragma once
/// \file
/// A function's SQS trigger: the batch it is invoked with, and the partial-failure answer. Pure.
/// Source: AWS Lambda developer guide, "Using Lambda with Amazon SQS" and "Reporting batch item failures", read 2026-11.

#include <ticketbottle/consumer/consumer.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::consumer {

/// Longest invocation read, bytes. AWS allows 6 MB.
inline constexpr std::size_t invocation_bytes_max = 6 * 1024 * 1024;

/// {"Records": [{"messageId", "body", "messageAttributes": {"eventType": {"stringValue"}}}, ...]}.
/// A record that lacks a body becomes one with an empty body, so that it fails alone.
/// \par Errors  malformed: not JSON, no Records array, a record without a messageId, over invocation_bytes_max.
[[nodiscard]] Result<std::vector<Record>> read_sqs_batch(std::string_view invocation);

/// {"batchItemFailures":[{"itemIdentifier":"..."}]} of every record that is not done. SQS delivers each again and moves it to the
/// queue's dead-letter queue after maxReceiveCount; a host that dead-letters by itself passes only what should be retried.
[[nodiscard]] std::string write_sqs_failures(std::span<const std::string> ids);

}  // namespace ticketbottle::consumer
