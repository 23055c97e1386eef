#include <ticketbottle/ticket/ticket.hpp>

int main() { return 0; }
