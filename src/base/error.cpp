#include "base/error.h"

#include <system_error>

namespace sluice {

Error Error::while_doing(std::string_view what) const {
  Error longer = *this;
  longer.message = std::string(what) + ": " + message;
  return longer;
}

Error system_failure(std::string_view what, int os_error) {
  return Error{.code = Code::system_error,
               .message = std::string(what) + ": " + std::generic_category().message(os_error),
               .os_error = os_error};
}

}  // namespace sluice
