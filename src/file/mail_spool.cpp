#include <ticketbottle/file/mail_spool.hpp>

#include "core/crypto.hpp"
#include "file/posix.hpp"
#include "file/sweep.hpp"

#include <cerrno>
#include <fcntl.h>

namespace ticketbottle::file {
namespace {

constexpr std::string_view operation = "mail_spool.send";
/// As Maildir has it. A mail that was accepted is never in tmp that long unless nobody sends its key again; see finish().
constexpr std::chrono::hours abandoned_after{36};

struct Folders {
    posix::Fd temporary;  ///< tmp
    posix::Fd fresh;      ///< new
    posix::Fd accepted;   ///< .tkb/accepted
    posix::Fd lock_file;  ///< .tkb/lock
};

std::string file_name(const Mail& mail) { return crypto::lower_hex(crypto::sha256({mail.idempotency_key})) + ".eml"; }

std::string with_envelope(const Mail& mail) {
    std::string text = "Return-Path: <" + mail.sender + ">\r\n";
    for (const std::string& recipient : mail.recipients) text += "X-Envelope-To: <" + recipient + ">\r\n";
    return text += mail.message;
}

/// The steps, each durable before the next: 1 the whole mail in tmp; 2 the mark in .tkb/accepted; 3 the move to new.
/// So a mark says that the mail is, or was, either in new or whole in tmp: whoever finds it in tmp only has to move it, and
/// whoever does not must not send it again, wherever a reader has put it.
class MailSpool final : public MailTransport {
public:
    explicit MailSpool(Folders folders) : folders_(std::move(folders)) {}
    Result<MailReceipt> send(const Mail& mail, Deadline deadline) override;

    /// Moves on what a crash left between the mark and the move, and removes what it left before the mark.
    [[nodiscard]] Result<void> recover(Deadline deadline);

private:
    [[nodiscard]] Result<MailReceipt> send_locked(const Mail& mail, const std::string& name);
    [[nodiscard]] Result<void> write(const Mail& mail, const std::string& name);
    [[nodiscard]] Result<void> move(const std::string& name);
    [[nodiscard]] bool is_marked(const std::string& name) const;

    Folders folders_;
};

bool MailSpool::is_marked(const std::string& name) const { return posix::status_at(folders_.accepted.get(), name).has_value(); }

Result<void> MailSpool::write(const Mail& mail, const std::string& name) {
    const int temporary = folders_.temporary.get();
    if (const posix::Errno error = posix::unlink(temporary, name); error.number != 0)  // half a mail from before a crash
        return posix::failure(operation, error, "removing an unfinished mail from tmp");
    const posix::Outcome<struct stat> written = posix::write_new_file(temporary, name, with_envelope(mail));
    if (!written.has_value()) return posix::failure(operation, written.error(), "writing a mail to tmp");
    posix::Errno error = posix::sync_folder(temporary);
    if (error.number == 0) {
        const posix::Outcome<posix::Fd> mark = posix::open_file(folders_.accepted.get(), name, O_WRONLY | O_CREAT | O_EXCL);
        if (mark.has_value()) return {};
        error = mark.error();
    }
    if (!is_marked(name)) (void)posix::unlink(temporary, name);
    return posix::failure(operation, error, "marking a mail as accepted");
}

Result<void> MailSpool::move(const std::string& name) {
    // The mark may have been made by a process that died before this: durable in any case before the mail can be taken.
    if (const posix::Errno error = posix::sync_folder(folders_.accepted.get()); error.number != 0)
        return posix::sync_failure(operation, error, "syncing .tkb/accepted");
    if (const posix::Errno error = posix::rename(folders_.temporary.get(), name, folders_.fresh.get(), name); error.number != 0)
        return posix::sync_failure(operation, error, "moving a mail to new");
    if (const posix::Errno error = posix::sync_folder(folders_.fresh.get()); error.number != 0)
        return posix::sync_failure(operation, error, "syncing new");
    return {};
}

Result<MailReceipt> MailSpool::send_locked(const Mail& mail, const std::string& name) {
    const bool marked = is_marked(name);
    const bool waiting = posix::status_at(folders_.temporary.get(), name).has_value();
    if (marked && !waiting) {
        // Its sender may have died, or failed, after the move and before its sync.
        if (const posix::Errno error = posix::sync_folder(folders_.fresh.get()); error.number != 0)
            return posix::sync_failure(operation, error, "syncing new");
        return MailReceipt::already_accepted;
    }
    if (!marked) {
        if (const Result<void> written = write(mail, name); !written.has_value()) return written.error();
    }
    if (const Result<void> moved = move(name); !moved.has_value()) return moved.error();
    return MailReceipt::accepted;
}

Result<MailReceipt> MailSpool::send(const Mail& mail, Deadline deadline) {
    if (const Result<void> checked = check_mail(mail); !checked.has_value()) return checked.error();
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed");
    const posix::Outcome<posix::Lock> held = posix::Lock::take(folders_.lock_file.get(), deadline);
    if (!held.has_value()) return posix::failure(operation, held.error(), "locking the spool");
    return send_locked(mail, file_name(mail));
}

Result<void> MailSpool::recover(Deadline deadline) {
    const posix::Outcome<posix::Lock> held = posix::Lock::take(folders_.lock_file.get(), deadline);
    if (!held.has_value()) return posix::failure(operation, held.error(), "locking the spool");
    const posix::Outcome<std::vector<std::string>> names = posix::names(folders_.temporary.get());
    if (!names.has_value()) return posix::failure(operation, names.error(), "listing tmp");
    for (const std::string& name : *names) {
        if (!name.ends_with(".eml") || !is_marked(name)) continue;
        if (const Result<void> moved = move(name); !moved.has_value()) return moved.error();
    }
    sweep_abandoned(folders_.temporary.get(), abandoned_after);
    return {};
}

posix::Outcome<Folders> open_folders(const std::string& directory) {
    Folders folders;
    const posix::Outcome<posix::Fd> root = posix::make_root(directory);
    if (!root.has_value()) return root.error();
    posix::Errno error;
    const auto make = [&error](const posix::Fd& at, const std::string& name) {
        posix::Outcome<posix::Fd> folder = error.number == 0 ? posix::make_folder(at.get(), name) : error;
        if (folder.has_value()) return std::move(*folder);
        error = folder.error();
        return posix::Fd();
    };
    (void)make(*root, "cur");
    folders.temporary = make(*root, "tmp");
    folders.fresh = make(*root, "new");
    const posix::Fd own = make(*root, ".tkb");
    folders.accepted = make(own, "accepted");
    if (error.number != 0) return error;
    posix::Outcome<posix::Fd> lock_file = posix::open_file(own.get(), "lock", O_RDWR | O_CREAT);
    if (!lock_file.has_value()) return lock_file.error();
    folders.lock_file = std::move(*lock_file);
    return folders;
}

}  // namespace

Result<std::unique_ptr<MailTransport>> open_mail_spool(const std::string& directory) {
    constexpr std::string_view opening = "mail_spool.open";
    constexpr std::chrono::seconds recovery_max{30};
    if (directory.empty()) return fail(Errc::invalid_argument, opening, "no directory is named");
    posix::Outcome<Folders> folders = open_folders(directory);
    if (!folders.has_value()) return posix::failure(opening, folders.error(), "opening " + directory);
    auto spool = std::make_unique<MailSpool>(std::move(*folders));
    if (const Result<void> recovered = spool->recover(Deadline::in(recovery_max)); !recovered.has_value()) {
        const Error error = recovered.error();
        return fail(Errc::unavailable, opening, std::string(error.detail_text()));
    }
    return std::unique_ptr<MailTransport>(std::move(spool));
}

}  // namespace ticketbottle::file
