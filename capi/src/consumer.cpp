#include "guard.hpp"
#include "ticket.hpp"

#include <ticketbottle/c/consumer.h>
#include <ticketbottle/consumer/consumer.hpp>

using namespace ticketbottle;
using namespace ticketbottle::capi;

struct tkb_consumer {
    consumer::EventConsumer consumer;
};

namespace {

constexpr tkb_consumer_options empty_options = TKB_CONSUMER_OPTIONS_INIT;

Result<tkb_consumer_options> read_options(const tkb_consumer_options* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "options"));
    auto read = read_struct(given, empty_options, operation);
    if (!read.has_value()) return read;
    for (const tkb_bytes& text : {read->mail_from_address, read->mail_from_name, read->brand, read->qr_base_url, read->link_base})
        TKB_TRY(require(text, operation, "a text"));
    if (read->mail_language > TKB_LANGUAGE_EN) return fail(Errc::invalid_argument, operation, "no such language");
    return read;
}

email::MailOptions to_mail_options(const tkb_consumer_options& given) {
    email::MailOptions options;
    options.from.address = view(given.mail_from_address);
    options.from.name = view(given.mail_from_name);
    if (given.brand.size != 0) options.brand = view(given.brand);
    options.language = static_cast<Language>(given.mail_language);
    return options;
}

consumer::ConsumerOptions to_consumer_options(const tkb_consumer_options& given) {
    consumer::ConsumerOptions options;
    options.qr_base_url = view(given.qr_base_url);
    options.link_base = view(given.link_base);
    if (given.leave_out_confirmation != 0) options.confirmation = consumer::ConfirmationMail::leave_out;
    if (given.leave_out_tickets != 0) options.embedded_tickets = consumer::EmbeddedTickets::leave_out;
    return options;
}

}  // namespace

tkb_status tkb_consumer_create(const tkb_consumer_options* options, const tkb_ticket_renderer* renderer, tkb_object_store* store,
                               tkb_mail_transport* transport, tkb_consumer** consumer_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "consumer.create";
        TKB_TRY(require(consumer_out, operation, "consumer_out"));
        *consumer_out = nullptr;
        TKB_TRY(require(renderer, operation, "renderer"));
        TKB_TRY(require(store, operation, "store"));
        TKB_TRY(require(transport, operation, "transport"));
        const auto read = read_options(options, operation);
        if (!read.has_value()) return read.error();
        auto mails = email::MailRenderer::create(to_mail_options(*read));
        if (!mails.has_value()) return mails.error();
        auto made = consumer::EventConsumer::create(to_consumer_options(*read), renderer->renderer, std::move(*mails), *store->port,
                                                    *transport->port, nullptr);
        if (!made.has_value()) return made.error();
        *consumer_out = new tkb_consumer{std::move(*made)};
        return {};
    });
}

tkb_status tkb_consumer_handle(tkb_consumer* consumer, tkb_bytes body, tkb_bytes type, uint32_t timeout_ms, tkb_consumed* consumed_out,
                               tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "consumer.handle";
        if (consumed_out != nullptr) TKB_TRY(fill_struct(consumed_out, tkb_consumed{}, operation));
        TKB_TRY(require(consumer, operation, "consumer"));
        TKB_TRY(require(body, operation, "body"));
        TKB_TRY(require(type, operation, "type"));
        const auto done = consumer->consumer.handle(view(body), view(type), Deadline::in(std::chrono::milliseconds(timeout_ms)));
        if (!done.has_value()) return done.error();
        if (consumed_out == nullptr) return {};
        return fill_struct(consumed_out, {0, done->tickets_stored, done->mails_accepted, done->mails_repeated, done->mails_skipped}, operation);
    });
}
void tkb_consumer_destroy(tkb_consumer* consumer) { delete consumer; }
