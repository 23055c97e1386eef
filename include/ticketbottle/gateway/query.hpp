#pragma once
/// \file
/// Reconciliation: asking a gateway what became of a payment, without doing the asking. A builder returns the
/// HTTP request to send; a parser reads the answer into the same PaymentNotification that a callback gives, so
/// both settle by one path. Shared types; the functions are in each gateway's header and, by Gateway, in gateways.hpp.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/request.hpp>

#include <functional>
#include <string>
#include <vector>

namespace ticketbottle {

/// Longest query answer read, bytes. Ours.
inline constexpr std::size_t query_answer_bytes_max = 256 * 1024;

/// Which payment to ask for.
struct QueryTarget {
    std::string order_id;    ///< As in PaymentNotification::order_id.
    std::string link_id;     ///< PayOS paymentLinkId, Stripe session or intent id; else empty.
    std::string request_id;  ///< Ours, unique: VNPay vnp_RequestId (unique per day), MoMo requestId.
    TimePoint created_at;    ///< VNPay's vnp_TransactionDate: the vnp_CreateDate of the pay request.
    std::string ip_address = "127.0.0.1";  ///< VNPay vnp_IpAddr: the asking server's address.
};

/// A request to perform: HTTPS, certificate checked, timeout at least 30 s for MoMo.
struct OutgoingRequest {
    std::string method;
    std::string url;
    std::vector<Header> headers;  ///< May carry API keys: never log them.
    std::string body;
};

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Performs one request: HTTPS, certificate and host checked, no redirects followed, an answer of at most
/// query_answer_bytes_max. Errors as http::Client::perform's. Must return within a second of a stop that the deadline carries.
/// Called on the caller's thread; whoever shares one between threads makes it fit for that. The request may carry keys:
/// never log it.
using HttpExchange = std::function<Result<HttpAnswer>(const OutgoingRequest& request, Deadline deadline)>;

}  // namespace ticketbottle
