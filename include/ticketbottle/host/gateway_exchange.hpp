#pragma once
/// \file
/// The network for reconcile::Reconciler: its questions performed by this room's HTTP client.

#include <ticketbottle/http/client.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>

namespace ticketbottle::host {

/// An http::Client with `options`, shared by the copies of what is returned. A question carries keys, so plain http:// is refused but to this machine itself
/// (127.0.0.0/8,
/// [::1], localhost): invalid_argument, nothing is sent. Threads: any.
[[nodiscard]] HttpExchange gateway_exchange(http::ClientOptions options = {});

}  // namespace ticketbottle::host
