#include "file/line_scanner.hpp"

#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

namespace ticketbottle::file {
namespace {

struct Scanned {
    std::vector<std::string> lines;  // "<too long>" for those
    std::vector<std::uint64_t> ends;
    std::uint64_t tail = 0;
};

Scanned scan(const std::string& bytes, std::uint64_t offset = 0, std::size_t bytes_max = 600'000) {
    const test::TemporaryFolder folder;
    test::write_file(folder.path() / "file", bytes);
    const posix::Fd root = std::move(*posix::open_root(folder.path().string()));
    const posix::Fd file = std::move(*posix::open_file(root.get(), "file", O_RDONLY));
    LineScanner scanner(file.get(), offset, bytes_max);
    Scanned scanned;
    for (;;) {
        const auto line = scanner.next();
        REQUIRE(line.has_value());
        if (!line->has_value()) break;
        scanned.lines.emplace_back((*line)->too_long ? "<too long>" : (*line)->text);
        scanned.ends.push_back((*line)->end);
    }
    scanned.tail = scanner.tail_bytes();
    return scanned;
}

using Lines = std::vector<std::string>;
using Ends = std::vector<std::uint64_t>;

TEST_CASE("LineScanner: whole lines, and how much is left behind the last") {
    CHECK(scan("").lines.empty());
    const Scanned scanned = scan("one\n\ntwo\nrest");
    CHECK(scanned.lines == Lines{"one", "", "two"});
    CHECK(scanned.ends == Ends{4, 5, 9});
    CHECK(scanned.tail == 4);
    CHECK(scan("one\n").tail == 0);
    CHECK(scan("rest").tail == 4);
}

TEST_CASE("LineScanner: begins at an offset, and beyond the end finds nothing") {
    const Scanned scanned = scan("one\ntwo\n", 4);
    CHECK(scanned.lines == Lines{"two"});
    CHECK(scanned.ends == Ends{8});
    CHECK(scan("one\n", 400).lines.empty());
    CHECK(scan("one\n", 400).tail == 0);
}

TEST_CASE("LineScanner: lines around its chunk's size come whole") {
    for (const std::size_t size : {262'142U, 262'143U, 262'144U, 262'145U, 524'287U, 524'288U, 600'000U}) {
        const std::string line(size, 'x');
        const Scanned scanned = scan(line + "\n" + line + "\nnext\n");
        CHECK(scanned.lines == Lines{line, line, "next"});
        CHECK(scanned.ends == Ends{size + 1, 2 * size + 2, 2 * size + 7});
    }
}

TEST_CASE("LineScanner: a line over the limit is reported without its text, and the next one is found") {
    for (const std::size_t size : {101U, 262'144U, 600'001U, 1'500'000U}) {
        const Scanned scanned = scan("a\n" + std::string(size, 'x') + "\n" + std::string(100, 'y') + "\nrest", 0, 100);
        CHECK(scanned.lines == Lines{"a", "<too long>", std::string(100, 'y')});
        CHECK(scanned.ends == Ends{2, size + 3, size + 104});
        CHECK(scanned.tail == 4);
    }
    CHECK(scan(std::string(1'500'000, 'x'), 0, 100).tail == 1'500'000);
}

}  // namespace
}  // namespace ticketbottle::file
