// Boost.JSON's compiled part, once for the whole library: no libboost_json is linked.
#include <boost/json/src.hpp>
