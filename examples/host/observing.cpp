#include "observing.hpp"

#include <cstdio>
#include <memory>
#include <ticketbottle/observe/emf.hpp>
#include <ticketbottle/observe/json_log.hpp>
#include <ticketbottle/observe/prometheus.hpp>
#include <ticketbottle/observe/tee.hpp>

namespace program {

using namespace ticketbottle;

namespace {

struct Close {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File open_log(const std::string& path) { return File(path.empty() ? nullptr : std::fopen(path.c_str(), "ae")); }

observe::JsonLogOptions log_options(const host::Settings& settings) {
    observe::JsonLogOptions options;
    options.threshold = settings.log_level;
    return options;
}

observe::EmfOptions emf_options(const host::Settings& settings) {
    observe::EmfOptions options;
    options.name_space = settings.cloudwatch_namespace;
    return options;
}

}  // namespace

struct Observing::Parts {
    Parts(const host::Settings& settings, const std::string& path)
        : file(open_log(path)),
          sink(observe::to_file(file ? file.get() : stderr)),
          log(sink, log_options(settings)),
          cloudwatch(settings.cloudwatch_namespace.empty()
                         ? nullptr
                         : std::make_unique<observe::EmfObserver>(sink, emf_options(settings))),
          all({&log, &metrics, cloudwatch.get()}) {}

    File file;
    observe::LineSink sink;
    observe::JsonLogObserver log;
    observe::PrometheusRegistry metrics;
    std::unique_ptr<observe::EmfObserver> cloudwatch;
    observe::TeeObserver all;
};

Observing::Observing(const host::Settings& settings, const std::string& log_file)
    : parts_(std::make_unique<Parts>(settings, log_file)) {}
Observing::~Observing() = default;
Observer& Observing::observer() noexcept { return parts_->all; }
std::string Observing::metrics_text() const { return parts_->metrics.text(); }
const char* Observing::metrics_content_type() noexcept { return observe::prometheus_content_type; }

}  // namespace program
