#pragma once
/// \file
/// Names of the events' members, and reading them with errors that name the member. Internal: not installed.

#include <ticketbottle/event/events.hpp>

#include "core/json.hpp"

#include <string>
#include <string_view>

namespace ticketbottle::event {

/// "completed_at", "failed_at" or "cancelled_at"; "issued_at" for a ticket.
[[nodiscard]] std::string_view time_member(EventType type) noexcept;

enum class Presence : std::uint8_t {
    required,   ///< Absent, null or of another type: malformed.
    not_empty,  ///< And not "".
    optional,   ///< Absent or null: "". Of another type: malformed.
};

/// Reads the members of one event, remembering the first error: read all, then ask.
class Reader {
public:
    Reader(json::Value object, std::string_view operation) : object_(object), operation_(operation) {}

    [[nodiscard]] std::string text(std::string_view name, Presence presence);
    [[nodiscard]] std::int64_t integer(std::string_view name);
    /// Required.
    [[nodiscard]] TimePoint time(std::string_view name);
    [[nodiscard]] Currency currency(std::string_view name);

    [[nodiscard]] const Result<void>& outcome() const noexcept { return outcome_; }

private:
    void refuse(std::string_view name, std::string_view why);

    json::Value object_;
    std::string_view operation_;
    Result<void> outcome_;
};

/// The root of an event: a JSON object within the limits. The text must outlive the document.
[[nodiscard]] Result<json::Document> parse_object(std::string_view text, std::string_view operation);

}  // namespace ticketbottle::event
