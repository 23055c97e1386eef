// A topic whose segments hold anything at all: a reader ends, gives positions that can be gone back to, and what it takes
// for messages are messages; a writer that goes on from there is read back, its message last. The first 0x1D cuts the
// input into two segments.
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace {

using namespace ticketbottle;

void must(bool holds) {
    if (!holds) std::abort();
}

/// In memory where the system has such a folder: the syncs are then free.
const test::TemporaryFolder& folder() {
    static const test::TemporaryFolder made(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "");
    return made;
}

void write_segment(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Reads everything in steps of three, going back to a position now and then.
std::vector<file::LoggedMessage> read_all(const std::string& directory) {
    file::TopicLogReader reader = file::TopicLogReader::open(directory, "paid", "").value();
    std::vector<file::LoggedMessage> all;
    for (auto read = reader.read(3).value(); !read.empty(); read = reader.read(3).value()) {
        must(read.size() <= 3);
        for (file::LoggedMessage& logged : read) {
            must(logged.message.topic == "paid");
            must(file::TopicLogReader::open(directory, "paid", logged.position).has_value());
            all.push_back(std::move(logged));
        }
    }
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::filesystem::path topic = folder().path() / "paid";
    std::filesystem::remove_all(topic);
    std::filesystem::create_directory(topic);
    const std::size_t cut = std::min(bytes.find('\x1D'), bytes.size());
    write_segment(topic / "00000000000000000001.jsonl", bytes.substr(0, cut));
    if (cut < bytes.size()) write_segment(topic / "00000000000000000002.jsonl", bytes.substr(cut + 1));

    const std::string directory = folder().path().string();
    const std::vector<file::LoggedMessage> before = read_all(directory);
    const Message last{"paid", "key", "the last", {{"name", "value"}}};
    const auto log = test::topic_log(directory, 64 * 1024);
    must(test::publish(*log, {last})[0].delivery == Delivery::delivered);
    const std::vector<file::LoggedMessage> after = read_all(directory);
    must(after.size() == before.size() + 1);
    for (std::size_t i = 0; i < before.size(); ++i) must(after[i].position == before[i].position);
    must(after.back().message.value == last.value && after.back().message.headers.size() == 1);
    return 0;
}
