#include <ticketbottle/observe/line_sink.hpp>

#include <stdexcept>

namespace ticketbottle::observe {

LineSink to_file(std::FILE* file) {
    return [file](std::string_view line) {
        // One call for the whole line: other processes on the same pipe do not get in between.
        if (std::fwrite(line.data(), 1, line.size(), file) != line.size() || std::fflush(file) != 0) {
            std::clearerr(file);
            throw std::runtime_error("short write");
        }
    };
}

}  // namespace ticketbottle::observe
