#pragma once
// Reading a definition goes on after a mistake, with defaults, and the first mistake is what the user hears. That keeps
// the reading code a list of what there is to read.

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"

namespace sluice::model {

class Complaints {
 public:
  explicit Complaints(ErrorDomain domain = ErrorDomain::domain) : domain_(domain) {}

  // The definition is wrong in itself.
  void wrong(std::string message) { add(Code::xml_error, std::move(message)); }
  // It asks for something that is not offered here.
  void unsupported(std::string message) { add(Code::config_unsupported, std::move(message)); }

  const std::optional<Error>& first() const { return first_; }
  Result<> result() const {
    if (first_) return std::unexpected(*first_);
    return {};
  }

 private:
  void add(Code code, std::string message) {
    if (!first_) first_ = Error{.code = code, .message = std::move(message), .domain = domain_};
  }
  ErrorDomain domain_;
  std::optional<Error> first_;
};

}  // namespace sluice::model
