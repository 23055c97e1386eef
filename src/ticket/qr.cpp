#include "ticket/qr.hpp"

#include <cstdint>
#include <qrcodegen/qrcodegen.hpp>

namespace ticketbottle::ticket {

namespace {

/// Of the eight fixed masks the one with the lowest mean penalty over ticket URLs, 4 % above the best of eight for
/// each.
constexpr int fixed_mask = 2;

/// Runs of a row, each grown downwards as long as the rows below hold exactly the same run.
std::vector<QrRectangle> merged(const qrcodegen::QrCode& code) {
    std::vector<QrRectangle> done;
    std::vector<QrRectangle> open;  // reach down to the row above
    for (int y = 0; y < code.getSize(); ++y) {
        std::vector<QrRectangle> row;
        for (int x = 0; x < code.getSize(); ++x) {
            if (!code.getModule(x, y)) continue;
            if (!row.empty() && row.back().x + row.back().width == x) {
                ++row.back().width;
            } else {
                row.push_back({x, y, 1, 1});
            }
        }
        std::size_t above = 0;
        for (QrRectangle& run : row) {
            while (above < open.size() && open[above].x < run.x) done.push_back(open[above++]);
            if (above < open.size() && open[above].x == run.x && open[above].width == run.width) {
                run.y = open[above].y;
                run.height = open[above++].height + 1;
            }
        }
        done.insert(done.end(), open.begin() + static_cast<std::ptrdiff_t>(above), open.end());
        open = std::move(row);
    }
    done.insert(done.end(), open.begin(), open.end());
    return done;
}

}  // namespace

Result<QrDrawing> draw_qr(std::string_view text) {
    try {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        const std::vector<qrcodegen::QrSegment> segments{qrcodegen::QrSegment::makeBytes(bytes)};
        const auto code =
            qrcodegen::QrCode::encodeSegments(segments, qrcodegen::QrCode::Ecc::HIGH, 1, 40, fixed_mask, false);
        return QrDrawing{code.getSize(), merged(code)};
    } catch (const qrcodegen::data_too_long&) {
        return fail(Errc::malformed, "ticket.qr", "text too long for a QR code");
    }
}

}  // namespace ticketbottle::ticket
