#include "memory/state.hpp"

namespace ticketbottle::memory {

Database::Database(const Clock& clock) : state_(std::make_unique<State>(clock)) {}
Database::~Database() = default;

}  // namespace ticketbottle::memory
