#include "conformance/mail_transport.hpp"

#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"

#include <ticketbottle/file/mail_spool.hpp>
#include <ticketbottle/memory/transports.hpp>

#include <filesystem>

namespace ticketbottle {
namespace {

class MemoryBackend {
public:
    MailTransport& transport() { return mailbox_; }
    MailTransport& other() { return mailbox_; }
    std::vector<Mail> received() { return mailbox_.mails(); }

private:
    memory::Mailbox mailbox_;
};

/// Takes a "Name: <address>" line off the front.
std::optional<std::string> take_envelope_line(std::string& text, const std::string& name) {
    const std::size_t end = text.find(">\r\n");
    if (!text.starts_with(name + ": <") || end == std::string::npos) return std::nullopt;
    std::string address = text.substr(name.size() + 3, end - name.size() - 3);
    text.erase(0, end + 3);
    return address;
}

class SpoolBackend {
public:
    SpoolBackend() : first_(file::open_mail_spool(folder_ / "spool").value()), second_(file::open_mail_spool(folder_ / "spool").value()) {}
    MailTransport& transport() { return *first_; }
    MailTransport& other() { return *second_; }

    std::vector<Mail> received() {
        std::vector<Mail> mails;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "spool" / "new")) {
            CHECK(entry.path().extension() == ".eml");
            Mail mail;
            mail.message = test::read_file(entry.path());
            mail.sender = take_envelope_line(mail.message, "Return-Path").value_or("none");
            while (auto recipient = take_envelope_line(mail.message, "X-Envelope-To")) mail.recipients.push_back(*recipient);
            mails.push_back(std::move(mail));
        }
        CHECK(std::filesystem::is_empty(folder_.path() / "spool" / "tmp"));
        return mails;
    }

private:
    test::TemporaryFolder folder_;
    std::unique_ptr<MailTransport> first_;
    std::unique_ptr<MailTransport> second_;
};

}  // namespace
}  // namespace ticketbottle

TKB_MAIL_TRANSPORT_CONFORMANCE(MemoryBackend, SpoolBackend);
