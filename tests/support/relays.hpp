#pragma once
/// \file
/// `ticketbottle relay` as processes of their own, to be killed: each that has ended is started again, as an init system does.
/// They end with this process, however it ends.

#include "support/program.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ticketbottle::test {

class Relays {
public:
    Relays(ProgramEnvironment environment, std::filesystem::path folder, std::size_t count)
        : environment_(std::move(environment)), folder_(std::move(folder)), programs_(count) {
        for (std::size_t i = 0; i < count; ++i) start(i);
    }

    /// Starts again what has ended. To be called all the time.
    void tend() {
        for (std::size_t i = 0; i < programs_.size(); ++i) {
            if (!programs_[i]) {
                start(i);
            } else if (const auto code = programs_[i]->wait(std::chrono::milliseconds(0)); code.has_value()) {
                // One that finds no database when it starts may give up, and is started again.
                const std::string said = programs_[i]->err();
                if (*code != 1 || worked(said)) trouble_.push_back("a relay ended with " + std::to_string(*code) + ": " + said);
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
                start(i);
            }
        }
    }
    /// Tends until `holds()` is true. False: not in time.
    template <class F>
    [[nodiscard]] bool tend_until(F holds, std::chrono::milliseconds at_most) {
        const auto patience = std::chrono::steady_clock::now() + at_most;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > patience) return false;
            tend();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    void tend_for(std::chrono::milliseconds time) { (void)tend_until([] { return false; }, time); }

    /// Which one said last that it leads; a killed leader's lease is not over yet, so perhaps none.
    [[nodiscard]] std::optional<std::size_t> leader() const {
        for (std::size_t i = 0; i < programs_.size(); ++i)
            if (programs_[i] && leads(programs_[i]->err())) return i;
        return std::nullopt;
    }
    /// Did one that runs log this?
    [[nodiscard]] bool said(const std::string& text) const {
        return std::any_of(programs_.begin(), programs_.end(),
                           [&](const auto& program) { return program && program->err().find(text) != std::string::npos; });
    }
    /// SIGKILL. It stays away until the next tend().
    void kill(std::size_t i) {
        if (!programs_[i]) return;
        programs_[i]->signal(SIGKILL);
        (void)programs_[i]->wait();
        programs_[i].reset();
    }
    /// SIGTERM to all: those that had begun and did not end well, and soon, are trouble.
    void stop() {
        for (const auto& program : programs_)
            if (program) program->signal(SIGTERM);
        for (auto& program : programs_) {
            if (!program) continue;
            const auto code = program->wait(std::chrono::seconds(30));
            // One that was started a moment ago may not have come to its own handling of the signal.
            const bool not_begun = code == -SIGTERM && !worked(program->err());
            if (code != 0 && !not_begun)
                trouble_.push_back("a relay did not stop well: " + (code ? std::to_string(*code) : "never") + ": " + program->err());
            program.reset();
        }
    }
    /// What no relay should have done.
    [[nodiscard]] const std::vector<std::string>& trouble() const noexcept { return trouble_; }

private:
    static std::size_t last(const std::string& log, const char* event) {
        const auto at = log.rfind(std::string("\"event\":\"") + event);
        return at == std::string::npos ? 0 : at + 1;
    }
    static bool worked(const std::string& log) { return last(log, "relay.") > 0; }
    static bool leads(const std::string& log) {
        return last(log, "relay.leading") > std::max(last(log, "relay.standby"), last(log, "relay.lease_lost"));
    }
    void start(std::size_t i) {
        // setpriv execs: the relay has the process id, and dies with the thread that starts it.
        programs_[i] = std::make_unique<Program>("/usr/bin/setpriv", std::vector<std::string>{"--pdeathsig", "KILL", TKB_PROGRAM, "relay"},
                                                 environment_, folder_, "relay-" + std::to_string(++started_));
    }

    ProgramEnvironment environment_;
    std::filesystem::path folder_;
    std::vector<std::unique_ptr<Program>> programs_;
    std::vector<std::string> trouble_;
    int started_ = 0;
};

}  // namespace ticketbottle::test
