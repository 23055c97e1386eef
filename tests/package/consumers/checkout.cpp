#include <ticketbottle/checkout/pricing.hpp>

int main() {
    using namespace ticketbottle::checkout;
    Offer offer;
    offer.base = 1999;
    offer.by_code = Discount{DiscountKind::percentage, 1500};
    const auto price = price_of(offer, 2);
    return price.has_value() && price->total == 3398 && price->code_used ? 0 : 2;
}
