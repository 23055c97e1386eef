#pragma once
/// \file
/// The least an order's completion can be: START TRANSACTION; UPDATE the order by its key; INSERT a row into outbox; COMMIT. By the client
/// library's blocking calls, statements prepared beforehand; nothing is read, decided, remembered or checked.

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::benchmarks {

/// As root on 127.0.0.1. Throws what the client library says. Threads: one.
class MariadbClient {
public:
    MariadbClient(std::uint16_t port, const std::string& database);
    /// The first value of the answer, "" if there is none.
    std::string sql(const std::string& text);
    [[nodiscard]] MYSQL* handle() const { return handle_.get(); }

private:
    std::unique_ptr<MYSQL, void (*)(MYSQL*)> handle_{nullptr, mysql_close};
};

class Floor {
public:
    enum class Ticket : bool { untouched, counted };  ///< counted: a third statement, UPDATE tickets by key, before the COMMIT.

    Floor(std::uint16_t port, const std::string& database, Ticket ticket);
    /// \param event_id  36 characters.
    void complete(std::int64_t order, std::int64_t ticket, std::string event_id, std::string payload);

private:
    using Statement = std::unique_ptr<MYSQL_STMT, my_bool (*)(MYSQL_STMT*)>;
    [[nodiscard]] Statement prepare(std::string_view text);
    void run(const Statement& statement, std::vector<MYSQL_BIND>& parameters);
    void simple(std::string_view text);

    MariadbClient client_;
    Ticket ticket_;
    Statement update_, insert_, count_;
};

}  // namespace ticketbottle::benchmarks
