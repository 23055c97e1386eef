#include <ticketbottle/mariadb/mariadb.hpp>

int main() {
    ticketbottle::mariadb::Options options;
    options.host = "127.0.0.1";
    options.database = "shop";
    options.user = "shop";
    const auto pool = ticketbottle::mariadb::Pool::make(options);  // needs no server
    return pool.has_value() && ticketbottle::mariadb::outbox_store(*pool) != nullptr ? 0 : 2;
}
