#pragma once
/// \file
/// A store and a mail system that fail where they are told to, on one count of steps.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/ports/mail_transport.hpp>
#include <ticketbottle/ports/object_store.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ticketbottle::test {

/// How a step fails.
enum class Fault : std::uint8_t {
    none,
    not_done,           ///< unavailable
    unknown_not_done,   ///< outcome_unknown, and it did not happen
    unknown_done,       ///< outcome_unknown, and it happened
    refused,            ///< invalid_argument: this one never works
};

/// Counts the steps of both ports, and says which one fails.
struct Script {
    int step = 0;
    int fault_at = -1;
    Fault fault = Fault::none;

    Fault next() { return step++ == fault_at ? fault : Fault::none; }
};

inline std::optional<Error> error_of(Fault fault) {
    switch (fault) {
        case Fault::none: return std::nullopt;
        case Fault::not_done: return fail(Errc::unavailable, "test.step", "scripted");
        case Fault::unknown_not_done:
        case Fault::unknown_done: return fail(Errc::outcome_unknown, "test.step", "scripted");
        case Fault::refused: break;
    }
    return fail(Errc::invalid_argument, "test.step", "scripted");
}

class ScriptedStore final : public ObjectStore {
public:
    explicit ScriptedStore(Script& script) : script_(script) {}

    Result<std::string> put(std::string_view key, std::string_view bytes, const ObjectAttributes& attributes, Deadline) override {
        const Fault fault = script_.next();
        if (fault == Fault::none || fault == Fault::unknown_done) {
            objects[std::string(key)] = {std::string(bytes), attributes, std::to_string(std::hash<std::string_view>{}(bytes))};
            ++puts;
        }
        if (const auto error = error_of(fault)) {
            return *error;
        }
        return objects[std::string(key)].etag;
    }
    Result<std::optional<Object>> get(std::string_view, Deadline) override { return fail(Errc::unsupported, "test.get"); }
    Result<void> remove(std::string_view, Deadline) override { return fail(Errc::unsupported, "test.remove"); }
    Result<ObjectList> list(std::string_view, std::string_view, std::uint32_t, Deadline) override {
        return fail(Errc::unsupported, "test.list");
    }

    std::map<std::string, Object> objects;
    int puts = 0;

private:
    Script& script_;
};

class ScriptedMail final : public MailTransport {
public:
    explicit ScriptedMail(Script& script) : script_(script) {}

    Result<MailReceipt> send(const Mail& mail, Deadline) override {
        const Fault fault = script_.next();
        bool repeated = false;
        if (fault == Fault::none || fault == Fault::unknown_done) {
            repeated = accepted.count(mail.idempotency_key) > 0;
            accepted.emplace(mail.idempotency_key, mail);
        }
        if (const auto error = error_of(fault)) {
            return *error;
        }
        return repeated ? MailReceipt::already_accepted : MailReceipt::accepted;
    }

    std::map<std::string, Mail> accepted;  ///< By idempotency key: what a person gets.

private:
    Script& script_;
};

/// Everything that was said, as text.
class RecordingObserver final : public Observer {
public:
    using Observer::log;
    void log(const LogRecord& record) override {
        std::string line = std::string(record.event) + " " + std::string(record.message);
        for (const Field& field : record.fields) {
            line += " " + std::string(field.name) + "=";
            if (const auto* text = std::get_if<std::string_view>(&field.value)) {
                line += *text;
            }
        }
        lines.push_back(line);
    }
    void metric(const MetricSample& sample) override {
        std::string name(sample.name);
        for (const Label& label : sample.labels) {
            name += "," + std::string(label.name) + "=" + std::string(label.value);
        }
        counts[name] += sample.value;
    }

    std::vector<std::string> lines;
    std::map<std::string, double> counts;
};

}  // namespace ticketbottle::test
