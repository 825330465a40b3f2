// The one translation unit with Boost.JSON's definitions.
#include <boost/json/src.hpp>
