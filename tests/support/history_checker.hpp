#pragma once
/// \file
/// Judges what a consumer saw: events of a key carry versions 1, 2, 3, ... without gaps, so that a loss, an inversion and a
/// duplicate can be told apart and counted.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ticketbottle::test {

struct Seen {
    std::string key;
    std::uint64_t version = 0;
};

struct Verdict {
    std::uint64_t lost = 0;        ///< Written, never seen.
    std::uint64_t inverted = 0;    ///< First seen before an earlier one of its key was seen.
    std::uint64_t duplicates = 0;  ///< Seen before.
    std::uint64_t stale = 0;       ///< Duplicates from before the window: more than `window` events lie between the two.
    std::uint64_t skipped = 0;     ///< Came neither right behind its key's last event nor in a going back: a repeated page with a hole.
    std::uint64_t returns = 0;     ///< The most often that one key went back: no oftener than something died.
    std::uint64_t foreign = 0;     ///< Never written.
};

/// \param written  Key -> highest version written.
/// \param history  In the order of arrival, at least within a key; places are counted within what is given (a topic's partitions one
///                 after the other will do: a key keeps its partition).
/// \param window   How far back a duplicate may reach, in events seen: the page in flight when a relay died, for each death
///                 in a row that made no progress.
inline Verdict judge(const std::map<std::string, std::uint64_t>& written, const std::vector<Seen>& history, std::size_t window) {
    Verdict verdict;
    std::map<std::string, std::uint64_t> reached;                       // highest version seen without a gap
    std::map<std::string, std::uint64_t> before;                        // the one that came last
    std::map<std::string, std::uint64_t> returns;
    std::map<std::pair<std::string, std::uint64_t>, std::size_t> last;  // where it was seen last
    for (std::size_t place = 0; place < history.size(); ++place) {
        const auto& [key, version] = history[place];
        const auto known = written.find(key);
        if (known == written.end() || version == 0 || version > known->second) {
            ++verdict.foreign;
            continue;
        }
        std::uint64_t& previous = before[key];
        if (version > previous + 1) ++verdict.skipped;
        if (version <= previous) verdict.returns = std::max(verdict.returns, ++returns[key]);
        previous = version;
        const auto [seen, first_time] = last.try_emplace({key, version}, place);
        if (!first_time) {
            ++verdict.duplicates;
            if (place - seen->second > window) ++verdict.stale;
            seen->second = place;
            continue;
        }
        std::uint64_t& so_far = reached[key];
        if (version == so_far + 1) {
            so_far = version;
        } else {
            ++verdict.inverted;
        }
    }
    for (const auto& [key, versions] : written) {
        for (std::uint64_t version = 1; version <= versions; ++version) verdict.lost += last.contains({key, version}) ? 0U : 1U;
    }
    return verdict;
}

}  // namespace ticketbottle::test
