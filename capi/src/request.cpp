#include "request.hpp"

namespace ticketbottle::capi {

namespace {
constexpr tkb_request empty_request = TKB_REQUEST_INIT;
/// More than any server lets through; a bound, so that a wild count is an error and not a crash.
constexpr std::size_t headers_max = 1000;
}  // namespace

Result<Request> to_request(const tkb_request* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "request"));
    const auto read = read_struct(given, empty_request, operation);
    if (!read.has_value()) return read.error();
    if (read->header_count > headers_max) return fail(Errc::invalid_argument, operation, "header_count is over 1000");
    if (read->header_count > 0) TKB_TRY(require(read->headers, operation, "headers"));
    TKB_TRY(require(read->method, operation, "method"));
    TKB_TRY(require(read->path, operation, "path"));
    TKB_TRY(require(read->query, operation, "query"));
    TKB_TRY(require(read->body, operation, "body"));
    Request request;
    request.method = view(read->method);
    request.path = view(read->path);
    request.query = view(read->query);
    request.body = view(read->body);
    request.headers.reserve(read->header_count);
    for (std::size_t i = 0; i < read->header_count; ++i) {
        TKB_TRY(require(read->headers[i].name, operation, "header name"));
        TKB_TRY(require(read->headers[i].value, operation, "header value"));
        request.headers.push_back({std::string(view(read->headers[i].name)), std::string(view(read->headers[i].value))});
    }
    return request;
}

std::unique_ptr<tkb_owned_request> own(Request request) {
    auto owned = std::make_unique<tkb_owned_request>();
    owned->request = std::move(request);
    for (const Header& header : owned->request.headers) owned->headers.push_back({bytes(header.name), bytes(header.value)});
    return owned;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_owned_request_view(const tkb_owned_request* request, tkb_request* view_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(request, "request.view", "request"));
        TKB_TRY(require(view_out, "request.view", "view_out"));
        const Request& own = request->request;
        return fill_struct(view_out,
                           tkb_request{0, 0, bytes(own.method), bytes(own.path), bytes(own.query), request->headers.data(),
                                       request->headers.size(), bytes(own.body)},
                           "request.view");
    });
}

void tkb_owned_request_destroy(tkb_owned_request* request) { delete request; }

tkb_status tkb_request_from_invocation(tkb_bytes event, tkb_owned_request** request_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(request_out, "request.from_invocation", "request_out"));
        *request_out = nullptr;
        TKB_TRY(require(event, "request.from_invocation", "event"));
        auto request = request_from_invocation(view(event));
        if (!request.has_value()) return request.error();
        *request_out = own(std::move(*request)).release();
        return {};
    });
}
