// A function event becomes a request within the limits or an error; an HTTP event never passes for one without HTTP.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/gateways.hpp>

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string event(reinterpret_cast<const char*>(data), size);
    const auto request = request_from_invocation(event);
    if (!request.has_value()) {
        must(request.error().code == Errc::malformed && !request.error().detail_text().empty());
    } else {
        must(request->body.size() <= callback_body_bytes_max && !request->method.empty());
        const bool without_http = request->method == "INVOKE";
        must(without_http == request->path.empty());
        must(!without_http || (request->body == event && request->headers.empty() && request->query.empty()));
        const auto gateway = route(*request);
        must(gateway != Gateway::stripe_eventbridge || without_http);
        (void)request->header("stripe-signature");
    }
    // The same bytes as an HTTP request: whatever they say, they are no event without HTTP.
    Request posted;
    posted.method = "POST";
    posted.path = "/" + event.substr(0, 64);
    posted.query = event;
    posted.body = event;
    must(route(posted) != Gateway::stripe_eventbridge);
    return 0;
}
