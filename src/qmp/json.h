#pragma once
// JSON as the monitor speaks it. Boost.JSON without its library: json_source.cpp holds the definitions.

#include <boost/json.hpp>

namespace sluice::qmp {

namespace json = boost::json;

}  // namespace sluice::qmp
