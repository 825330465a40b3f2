#pragma once
// Failure: an Error in flight. The pure half returns errors, the running half throws them; each is caught where it
// becomes something else: the dispatcher (an error reply), the stream runner (an abort), the edge of the public API.

#include <exception>
#include <utility>

#include "base/result.h"

namespace sluice::io {

class Failure : public std::exception {
 public:
  explicit Failure(Error e) : error(std::move(e)) {}
  const char* what() const noexcept override { return error.message.c_str(); }
  Error error;
};

[[noreturn]] inline void fail(Code code, std::string message, ErrorDomain domain = ErrorDomain::none) {
  throw Failure(Error{.code = code, .message = std::move(message), .domain = domain});
}

// The Error that any exception stands for: a Failure's own, "cancelled" (Code::operation_aborted) for
// operation_aborted, system errors with errno, bad_alloc as Code::no_memory, anything else as Code::internal_error.
Error reason(const std::exception_ptr& failed) noexcept;

// Turns a Result into its value or a Failure.
template <class T>
T or_throw(Result<T> result) {
  if (!result) throw Failure(std::move(result.error()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace sluice::io
