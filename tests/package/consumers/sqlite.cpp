#include <ticketbottle/sqlite/sqlite.hpp>

#include <cstdlib>
#include <string>

int main() {
    char folder[] = "/tmp/ticketbottle-consumer-XXXXXX";
    if (mkdtemp(folder) == nullptr) return 1;
    ticketbottle::sqlite::Options options;
    options.path = std::string(folder) + "/payments.db";
    const auto store = ticketbottle::sqlite::open_payment_store(options, ticketbottle::Deadline::in(std::chrono::seconds(5)));
    const bool good = store.has_value() && (*store)->counts(ticketbottle::Deadline::in(std::chrono::seconds(5))).has_value();
    return std::system(("rm -rf '" + std::string(folder) + "'").c_str()) == 0 && good ? 0 : 2;
}
