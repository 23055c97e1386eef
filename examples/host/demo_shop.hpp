#pragma once
/// \file
/// The shop's own side of `demo --stack cachao`: its checkout, which makes orders, and its ticket office, which writes events of
/// its own. By its own client and its own SQL, as the shop's code would.

#include <memory>
#include <string>
#include <ticketbottle/host/settings.hpp>
#include <vector>

#include "demo_plan.hpp"

namespace program {

class DemoShop {
public:
    /// Errors: unavailable, with the server's reason.
    [[nodiscard]] static ticketbottle::Result<DemoShop> open(const ticketbottle::host::MariadbSettings& settings);
    ~DemoShop();
    DemoShop(DemoShop&&) noexcept;
    DemoShop& operator=(DemoShop&&) noexcept;

    /// Tickets, codes, and an open order with a checkout session for each of the plan's. Errors: unavailable.
    [[nodiscard]] ticketbottle::Result<void> sell(const std::vector<DemoOrder>& plan);
    /// For each order that is paid: its tickets' TICKET_ISSUED events, in one transaction of the shop's. Errors: unavailable.
    [[nodiscard]] ticketbottle::Result<void> issue_tickets(const std::vector<DemoOrder>& plan);
    /// How tickets sold and codes used differ from what the plan's completed orders took, a line each. Errors: unavailable.
    [[nodiscard]] ticketbottle::Result<std::vector<std::string>> wrong_counts(const std::vector<DemoOrder>& plan);

private:
    class Client;
    explicit DemoShop(std::unique_ptr<Client> client);
    std::unique_ptr<Client> client_;
};

}  // namespace program
