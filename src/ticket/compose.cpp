#include <algorithm>

#include "core/format.hpp"
#include "ticket/compositions.hpp"
#include "ticket/text.hpp"

namespace ticketbottle::ticket {

namespace {

bool is_mark(char32_t c) noexcept { return c >= 0x0300 && c <= 0x036f; }

/// U+0340 and U+0341, "tone marks" of an early Vietnamese encoding, are canonically the same as grave and acute.
char32_t plain_mark(char32_t mark) noexcept {
    if (mark == 0x0340) return 0x0300;
    if (mark == 0x0341) return 0x0301;
    return mark;
}

/// 0: a mark no composition uses.
int combining_class(char32_t mark) noexcept {
    const auto* found =
        std::find_if(mark_classes.begin(), mark_classes.end(), [&](const MarkClass& m) { return m.mark == mark; });
    return found == mark_classes.end() ? 0 : found->combining_class;
}

/// 0: there is no such letter.
char32_t composed(char32_t base, char32_t mark) noexcept {
    const auto* found = std::lower_bound(compositions.begin(), compositions.end(), std::pair(base, mark),
                                         [](const Composition& row, const std::pair<char32_t, char32_t>& key) {
                                             return std::pair(row.base, row.mark) < key;
                                         });
    return found != compositions.end() && found->base == base && found->mark == mark ? found->composed : 0;
}

/// The letter's own marks to the front of `marks`; the bare letter remains.
char32_t take_apart(char32_t letter, std::u32string& marks) {
    const auto* found = std::find_if(compositions.begin(), compositions.end(),
                                     [&](const Composition& row) { return row.composed == letter; });
    if (found == compositions.end()) return letter;
    marks.insert(marks.begin(), found->mark);
    return take_apart(found->base, marks);
}

/// One letter and the marks after it. The letter is taken apart first, because marks may come in an order that only
/// fits then: U+00EA U+0323 is U+1EC7, which is U+1EB9 U+0302. 0: no single letter.
char32_t compose_cluster(char32_t letter, std::u32string marks) {
    for (char32_t& mark : marks) mark = plain_mark(mark);
    char32_t result = take_apart(letter, marks);
    // Canonical order: marks of different class may change places, marks of one class may not.
    std::stable_sort(marks.begin(), marks.end(),
                     [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    for (const char32_t mark : marks) {
        result = composed(result, mark);
        if (result == 0) return 0;
    }
    return result;
}

}  // namespace

Result<std::u32string> compose(const Field& field, std::u32string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const char32_t letter = text[at++];
        const std::size_t marks = at;
        while (at < text.size() && is_mark(text[at])) ++at;
        const std::u32string_view run = text.substr(marks, at - marks);
        // Real letters carry two marks; five leaves room for the decomposable letter under them.
        const bool possible = !is_mark(letter) && run.size() <= 5;
        const char32_t c = !possible ? 0 : run.empty() ? letter : compose_cluster(letter, std::u32string(run));
        if (c == 0) {
            return fail(Errc::unsupported, "ticket.render",
                        formatted("{} has combining mark {}, which makes no single letter with what it follows",
                                    field.name, code_point_name(run.empty() ? letter : run.front())));
        }
        out += c;
    }
    return out;
}

}  // namespace ticketbottle::ticket
