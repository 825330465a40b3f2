#pragma once
// What the pure half returns: a value or an Error. (libstdc++ 12 has no monadic operations on std::expected.)

#include <expected>
#include <utility>

#include "base/error.h"

namespace sluice {

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fault(Code code, std::string message, ErrorDomain domain = ErrorDomain::none) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .domain = domain});
}

}  // namespace sluice
