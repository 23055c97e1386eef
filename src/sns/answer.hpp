#pragma once
/// \file
/// What SNS says to a batch. Internal: not installed.

#include <span>
#include <string>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/ports/message_transport.hpp>

namespace ticketbottle::sns {

/// Whom an answer concerns.
enum class About : std::uint8_t {
    entries,  ///< Each entry has its own report.
    batch,    ///< The batch as a whole was refused for what it holds: one of its messages, nobody knows which, is at
              ///< fault.
    topic,    ///< The topic is not there.
    way,      ///< Nothing gets through at present. For all of the batch the one report in `whole`.
};

struct BatchAnswer {
    About about = About::way;
    DeliveryReport whole;  ///< Unless about entries.
};

/// \param reports  One for each entry of the batch, in its order, all default at entry; filled if the answer is about
/// entries. An entry that
///                 is told of neither way, or both ways, stays unknown.
[[nodiscard]] BatchAnswer read_answer(const HttpAnswer& answer, std::span<DeliveryReport> reports);

/// For an exchange that gave no answer.
[[nodiscard]] BatchAnswer no_answer(const Error& error);

}  // namespace ticketbottle::sns
