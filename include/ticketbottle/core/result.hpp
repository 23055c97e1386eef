#pragma once
/// \file
/// Errors as values. Every fallible function of the library returns Result<T>; the library throws
/// only std::bad_alloc and, from Result::value() on an error, BadResultAccess (a caller bug).
/// This is the one header that includes Boost.System: when std::expected arrives, the alias
/// changes and nothing else does. Use only what both have: has_value() * -> value() error().

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ticketbottle {

/// Names the caller's next action. ABI values: append only, never renumber; the C ABI mirrors them.
enum class Errc : std::uint32_t {
    invalid_argument = 1,  ///< Caller bug or bad setting. Never retry.
    malformed = 2,         ///< Untrusted bytes do not parse, or pass a limit. Answer 4xx.
    unauthentic = 3,       ///< Parsed, but the signature is wrong or stale. Answer 4xx and count it.
    conflict = 4,          ///< Same key, different content; or a fenced lease. Needs a decision.
    unavailable = 5,       ///< Not done. Retry with backoff.
    outcome_unknown = 6,   ///< Perhaps done. Retry only what is idempotent.
    cancelled = 7,         ///< Deadline or stop; not done.
    unsupported = 8,       ///< This backend, version or value cannot be served.
    internal = 9,          ///< Our bug.
};

/// "unavailable", "outcome_unknown", ...: the enumerator's name, for logs.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// Cheap to copy (one pointer). Holds no secret, no payload and no personal data.
struct Error {
    Errc code = Errc::internal;
    std::string_view operation;                 ///< Static literal, "room.verb": "outbox.fetch".
    std::shared_ptr<const std::string> detail;  ///< What and where, for logs. May be null.

    [[nodiscard]] std::string_view detail_text() const noexcept {
        return detail ? std::string_view(*detail) : std::string_view();
    }
};

/// "outbox.fetch: unavailable: database is locked"
[[nodiscard]] std::string to_string(const Error& error);

/// What Result::value() throws when there is no value.
class BadResultAccess : public std::logic_error {
public:
    explicit BadResultAccess(const std::string& what) : std::logic_error(what) {}
};
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T, class E = Error>
using Result = boost::system::result<T, E>;

/// Makes an error: `return fail(Errc::malformed, "topic_log.read", "line 7 is not JSON");`
/// \param operation  Must be a string literal: the view is kept.
[[nodiscard]] Error fail(Errc code, std::string_view operation);
[[nodiscard]] Error fail(Errc code, std::string_view operation, std::string detail);

}  // namespace ticketbottle
