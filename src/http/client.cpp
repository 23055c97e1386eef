#include "http/connection.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <list>
#include <mutex>

namespace ticketbottle::http {

namespace {

constexpr std::string_view operation = "http.perform";
constexpr std::size_t kept_most = 8;

}  // namespace

struct Client::State {
    using Time = Deadline::Clock::time_point;
    struct Kept {
        std::string place;
        std::unique_ptr<Connection> connection;
        Time since;
    };

    explicit State(ClientOptions given) : options(std::move(given)) {}

    const ClientOptions options;
    std::mutex mutex;  ///< Of what follows.
    std::shared_ptr<Trust> trust;
    std::list<Kept> kept;  ///< The longest unused first.

    Result<std::unique_ptr<Connection>> make(const Url& url) {
        if (!url.tls) return std::make_unique<Connection>(url, nullptr);
        const std::lock_guard lock(mutex);
        if (!trust) {
            auto made = make_trust(options.ca_file);
            if (!made.has_value()) return made.error();
            trust = std::move(*made);
        }
        return std::make_unique<Connection>(url, trust);
    }

    /// One that may be used, of that place; nullptr: none.
    std::unique_ptr<Connection> take(const std::string& place) {
        std::list<Kept> done;  // closed without the lock
        const std::lock_guard lock(mutex);
        const Time now = Deadline::Clock::now();
        while (!kept.empty() && now - kept.front().since >= options.kept_for) done.splice(done.end(), kept, kept.begin());
        for (auto one = kept.end(); one != kept.begin();) {
            if ((--one)->place != place) continue;
            done.splice(done.begin(), kept, one);
            if (done.front().connection->may_go_on()) return std::move(done.front().connection);
            one = kept.end();
        }
        return nullptr;
    }

    void keep(const std::string& place, std::unique_ptr<Connection> connection) {
        std::list<Kept> done;
        const std::lock_guard lock(mutex);
        kept.push_back({place, std::move(connection), Deadline::Clock::now()});
        if (kept.size() > kept_most) done.splice(done.end(), kept, kept.begin());
    }
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Client::~Client() = default;

Result<HttpAnswer> Client::perform(const OutgoingRequest& request, Deadline deadline) {
    const auto url = parse_url(request.url);
    if (!url) return fail(Errc::invalid_argument, operation, "the URL must be http://host[:port]/path or https://..., printable ASCII");
    const bool keeps = state_->options.kept_for > std::chrono::milliseconds(0);
    const Result<std::string> text = request_text(request, *url, keeps);
    if (!text.has_value()) return text.error();
    if (deadline.expired()) return fail(Errc::cancelled, operation, "deadline passed");
    try {
        const std::string place = url->place();
        std::unique_ptr<Connection> connection = state_->take(place);
        if (!connection) {
            auto made = state_->make(*url);
            if (!made.has_value()) return made.error();
            connection = std::move(*made);
        }
        auto answer = connection->exchange(*text, request.method == "HEAD", state_->options.body_bytes_max, deadline);
        if (keeps && answer.has_value() && connection->may_go_on()) state_->keep(place, std::move(connection));
        return answer;
    } catch (const boost::system::system_error& e) {  // before anything was sent: no descriptors, no thread for the look-up
        return fail(Errc::unavailable, operation, "socket: " + e.code().message());
    }
}

Result<HttpAnswer> perform(const OutgoingRequest& request, Deadline deadline, const ClientOptions& options) {
    ClientOptions once = options;
    once.kept_for = std::chrono::milliseconds(0);
    return Client(std::move(once)).perform(request, deadline);
}

}  // namespace ticketbottle::http
