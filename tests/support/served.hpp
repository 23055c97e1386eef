#pragma once
/// \file
/// The program's server as a child process in a folder, with fake keys, and what a gateway and a payment service do
/// with it.

#include <doctest/doctest.h>

#include <ticketbottle/gateway/vnpay.hpp>
#include <ticketbottle/http/client.hpp>

#include "support/program.hpp"

namespace ticketbottle::test {

inline ProgramEnvironment fake_environment(const std::string& data) {
    return {{"TICKETBOTTLE_DATA", data},
            {"TICKETBOTTLE_LISTEN", "127.0.0.1:0"},
            {"VNPAY_TMN_CODE", "DEMO0001"},
            {"VNPAY_HASH_SECRET", "fake-vnpay-secret"},
            {"STRIPE_WEBHOOK_SECRET", "whsec_fake"},
            {"QR_CODE_BASE_URL", "https://example.com/q"},
            {"SES_FROM_EMAIL", "tickets@example.com"}};
}

class Served {
public:
    Served(const ProgramEnvironment& environment, const std::filesystem::path& folder,
           const std::string& name = "serve", const std::vector<std::string>& arguments = {"serve", "--all"})
        : program_(TKB_PROGRAM, arguments, environment, folder, name) {
        const std::string line = program_.await_line("\"listening\"");
        const std::string mark = "\"port\":";
        const auto at = line.find(mark);
        REQUIRE_MESSAGE(at != std::string::npos, program_.err());
        url_ = "http://127.0.0.1:" + std::to_string(std::stoul(line.substr(at + mark.size())));
    }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] Program& program() noexcept { return program_; }
    [[nodiscard]] Result<HttpAnswer> get(const std::string& path, std::vector<Header> headers = {}) const {
        return http::perform({"GET", url_ + path, std::move(headers), ""}, Deadline::in(std::chrono::seconds(10)));
    }
    [[nodiscard]] Result<HttpAnswer> post(const std::string& path, const std::string& body) const {
        return http::perform({"POST", url_ + path, {}, body}, Deadline::in(std::chrono::seconds(10)));
    }
    /// A signed VNPay callback.
    [[nodiscard]] Result<HttpAnswer> paid(const std::string& order_code, std::int64_t amount, std::vector<Header> headers = {}) const {
        const vnpay::Config config{"DEMO0001", {Secret("fake-vnpay-secret")}};
        TestNotification notification;
        notification.order_id = order_code;
        notification.transaction_id = "14000001";
        notification.amount = {amount, Currency::vnd()};
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        const auto request = vnpay::sign(notification, config, now);
        return get(request.value().path + "?" + request.value().query, std::move(headers));
    }

private:
    Program program_;
    std::string url_;
};

}  // namespace ticketbottle::test
