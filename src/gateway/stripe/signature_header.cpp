#include "gateway/stripe/signature_header.hpp"

#include "gateway/signed_time.hpp"

namespace ticketbottle::stripe {

using gateway::Checked;
using gateway::reject;

Checked<SignatureHeader> read_signature_header(std::string_view header) {
    if (header.empty()) {
        return reject(Reason::missing_signature, signature_header_name, "missing");
    }
    if (header.size() > gateway::signature_header_bytes_max) {
        return reject(Reason::malformed_header, signature_header_name, "longer than 8 KiB");
    }
    SignatureHeader read;
    std::size_t timestamps = 0;
    for (bool more = true; more;) {
        const std::size_t comma = header.find(',');
        const std::string_view part = header.substr(0, comma);
        more = comma != std::string_view::npos;
        header.remove_prefix(more ? comma + 1 : header.size());
        if (part.starts_with("t=")) {
            read.timestamp = part.substr(2);
            ++timestamps;
        } else if (part.starts_with("v1=")) {
            read.v1.push_back(part.substr(3));
        }
    }
    // Two times would leave open which one was signed: SDKs disagree, so a sender cannot mean it.
    const auto signed_at = gateway::parse_unix_seconds(read.timestamp);
    if (timestamps != 1 || !signed_at) {
        return reject(Reason::malformed_header, signature_header_name, "not exactly one t of digits");
    }
    if (read.v1.empty()) {
        return reject(Reason::missing_signature, signature_header_name, "no v1 signature");
    }
    read.signed_at = *signed_at;
    return read;
}

}  // namespace ticketbottle::stripe
