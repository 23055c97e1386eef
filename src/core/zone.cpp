#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <ticketbottle/core/zone.hpp>
#include <utility>

#include "core/posix_tz.hpp"
#include "core/tzif.hpp"

namespace ticketbottle {

namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t name_bytes_max = 100;       // the longest name of the database has 32
constexpr seconds four_centuries = days(146097);  // after which the calendar, weekdays included, repeats

bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max) return false;
    char before = '/';
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '/' ? before == '/' : !letter && c != '+' && c != '-' && c != '_') return false;
        before = c;
    }
    return before != '/';
}

class File {
public:
    /// Not blocking, so that a name that leads to a pipe cannot hang the caller.
    explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// The content, or one byte more than `bytes_max` of it; nullopt if it is no regular file or cannot be read.
    std::optional<std::string> read(std::size_t bytes_max) const {
        struct stat status {};
        if (fd_ < 0 || ::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
        std::string out(bytes_max + 1, '\0');
        std::size_t size = 0;
        while (size < out.size()) {
            const ssize_t got = ::read(fd_, out.data() + size, out.size() - size);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return std::nullopt;
            if (got == 0) break;
            size += static_cast<std::size_t>(got);
        }
        out.resize(size);
        return out;
    }

private:
    int fd_;
};

}  // namespace

struct Zone::Data {
    std::string name;
    tzif::Table table;

    seconds offset_at(seconds utc) const {
        const auto& changes = table.changes;
        const auto after = std::upper_bound(changes.begin(), changes.end(), utc,
                                            [](seconds time, const tzif::Change& change) { return time < change.at; });
        if (after == changes.end() && table.rule) return table.rule->offset_at(utc);
        return after == changes.begin() ? table.offset_before : std::prev(after)->offset;
    }
};

Zone::Zone() {
    static const auto utc = std::make_shared<const Data>(Data{"UTC", {}});
    data_ = utc;
}

Result<Zone> Zone::parse(std::string_view name, std::string_view bytes) {
    Result<tzif::Table> table = tzif::parse(bytes);
    if (!table.has_value()) return table.error();
    return Zone(std::make_shared<const Data>(Data{std::string(name), std::move(*table)}));
}

Result<Zone> Zone::load(std::string_view name, const std::string& directory) {
    if (!is_zone_name(name)) {
        return fail(Errc::invalid_argument, "core.load_zone", "a zone's name is like \"Asia/Ho_Chi_Minh\"");
    }
    if (name == "UTC") return Zone();
    std::string path = directory + '/';
    path += name;
    const std::optional<std::string> bytes = File(path).read(tzif::bytes_max);
    if (bytes) return parse(name, *bytes);
    if (name == "Asia/Ho_Chi_Minh") {
        tzif::Table table;
        table.offset_before = std::chrono::hours(7);
        return Zone(std::make_shared<const Data>(Data{std::string(name), std::move(table)}));
    }
    return fail(Errc::invalid_argument, "core.load_zone", "no zone file that can be read: " + path);
}

const std::string& Zone::name() const noexcept { return data_->name; }

LocalTime Zone::to_local(TimePoint time) const {
    const seconds utc = std::chrono::floor<seconds>(time).time_since_epoch();
    const seconds offset = data_->offset_at(utc);
    // std::chrono's years are 16 bits wide, a TimePoint's span 500 million.
    const auto cycles =
        std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<146097 * 86400LL>>>(utc + offset);
    const std::chrono::sys_seconds local(utc + offset - cycles.count() * four_centuries);
    const auto day = std::chrono::floor<days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(local - day);
    LocalTime out;
    out.year = int(date.year()) + static_cast<int>(cycles.count() * 400);
    out.month = static_cast<int>(unsigned(date.month()));
    out.day = static_cast<int>(unsigned(date.day()));
    out.hour = static_cast<int>(clock.hours().count());
    out.minute = static_cast<int>(clock.minutes().count());
    out.second = static_cast<int>(clock.seconds().count());
    out.weekday = static_cast<int>(std::chrono::weekday(day).c_encoding());
    out.offset = offset;
    return out;
}

}  // namespace ticketbottle
