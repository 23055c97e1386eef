// What SNS answers to a batch of three. First line of the input: the HTTP status; the rest: the body.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/utf8.hpp"
#include "sns/answer.hpp"
#include "sns/xml.hpp"

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    const std::size_t line_end = std::min(input.find('\n'), input.size());
    int status = 200;
    std::from_chars(input.data(), input.data() + line_end, status);
    const HttpAnswer answer{status, input.substr(std::min(line_end + 1, input.size()))};

    if (const auto elements = sns::parse_xml(answer.body)) {
        must(!elements->empty() && elements->size() <= sns::xml_elements_max);
        for (std::size_t i = 0; i < elements->size(); ++i) {
            must(i == 0 || (*elements)[i].parent < i);
            must(utf8::valid((*elements)[i].text) && !(*elements)[i].name.empty());
        }
    }
    std::array<DeliveryReport, 3> reports;
    const sns::BatchAnswer read = sns::read_answer(answer, reports);
    if (read.about == sns::About::entries) {
        must(status == 200);
        for (const DeliveryReport& report : reports)
            must(report.delivery == Delivery::delivered || !report.reason.empty());
    } else {
        must(read.whole.delivery != Delivery::delivered && !read.whole.reason.empty() &&
             read.whole.reason.size() < 200);
    }
    return 0;
}
