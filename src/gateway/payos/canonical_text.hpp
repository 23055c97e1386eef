#pragma once
/// \file
/// The text that payOS signs for a JSON object. Internal. Source: docs/gateways/payos.md.

#include <string>
#include <string_view>

#include "core/json.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle::payos {

/// `key=value` of every member, joined with '&', in the order JavaScript would print a sorted object: array indices
/// first, by number, then the other keys by byte. Strings as they are ("null" and "undefined" become empty), null
/// empty, numbers as ECMAScript prints them, arrays of objects as JSON text with each element's keys sorted.
///
/// The text neither quotes nor escapes, so some shapes have no safe text: an object (its contents would not be signed),
/// an array of anything but objects, a key outside [A-Za-z0-9_] or `__proto__`, a number past a double. \param data  An
/// object. \param path  Named in the error: "data". \par Errors  unsupported_value.
[[nodiscard]] gateway::Checked<std::string> canonical_text(json::Value data, std::string_view path);

/// Appends a JSON number token as ECMAScript's Number::toString prints its double: 25e4 -> 250000, 3e21 -> 3e+21, -0 ->
/// 0. \return  False, and nothing appended, if the number over- or underflows a double.
[[nodiscard]] bool append_ecmascript_number(std::string_view token, std::string& out);

}  // namespace ticketbottle::payos
