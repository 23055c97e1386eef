#pragma once
/// \file
/// Judges of our PDFs that share no code with us: qpdf, poppler, zbar.

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/command.hpp"
#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle::test {

/// A word's place, points from the page's top left corner.
struct PlacedWord {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
    std::string text;
};

struct Picture {
    int width = 0;
    int height = 0;
    std::string pixels;  ///< Rows from the top; 0 is black.

    [[nodiscard]] bool dark(int x, int y) const {
        return static_cast<unsigned char>(pixels.at(static_cast<std::size_t>(y * width + x))) < 128;
    }
};

class PdfReader {
public:
    explicit PdfReader(std::string_view pdf) : path_(folder_ / "page.pdf") { write_file(path_, pdf); }

    /// qpdf's complaints; "" if there are none.
    [[nodiscard]] std::string complaints() const {
        const CommandResult result = run({"qpdf", "--check", path_});
        return result.exit_code == 0 ? "" : result.out + result.err;
    }
    /// All text, line ends turned into spaces, runs of spaces into one.
    [[nodiscard]] std::string text() const {
        std::istringstream words(run({"pdftotext", "-raw", path_, "-"}).out);
        std::string all;
        for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
        return all;
    }
    [[nodiscard]] std::string fonts() const { return run({"pdffonts", path_}).out; }
    [[nodiscard]] std::string information() const { return run({"pdfinfo", path_}).out; }
    [[nodiscard]] std::vector<PlacedWord> words() const {
        std::vector<PlacedWord> found;
        std::istringstream lines(run({"pdftotext", "-bbox", path_, "-"}).out);
        for (std::string line; std::getline(lines, line);) {
            PlacedWord word;
            if (std::sscanf(line.c_str(), " <word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">", &word.left,
                            &word.top, &word.right, &word.bottom) != 4) {
                continue;
            }
            word.text = line.substr(line.find('>') + 1);
            word.text = word.text.substr(0, word.text.find("</word>"));
            found.push_back(word);
        }
        return found;
    }
    /// The page in shades of grey, 144 dots per inch: two to a point.
    [[nodiscard]] Picture picture() const {
        std::istringstream file(run({"pdftoppm", "-r", "144", "-gray", "-singlefile", path_}).out);
        std::string magic;
        int white = 0;
        Picture page;
        file >> magic >> page.width >> page.height >> white;
        file.get();
        page.pixels.assign(std::istreambuf_iterator<char>(file), {});
        return page;
    }
    /// What zbar reads from the page at `dots_per_inch`, QR codes only.
    [[nodiscard]] std::string qr(int dots_per_inch = 200) const {
        const std::string picture = folder_ / "page";
        run({"pdftoppm", "-r", std::to_string(dots_per_inch), "-gray", "-singlefile", path_, picture});
        std::string said = run({"zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", picture + ".pgm"}).out;
        while (!said.empty() && said.back() == '\n') said.pop_back();
        return said;
    }

private:
    TemporaryFolder folder_;
    std::string path_;
};

}  // namespace ticketbottle::test
