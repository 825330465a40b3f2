#pragma once
// What a call that failed throws.
//
//   try {
//     host.lookup("web1").start();
//   } catch (const sluice::Failure& failure) {
//     if (failure.code() == sluice::Code::no_domain) ...       // decide by the code, as with libvirt
//     std::cerr << failure.what() << "\n";                     // a sentence for people: what was tried, on what, why
//   }
//
// Using the library wrongly (a blocking call on the library's own thread, a write after finish) is a std::logic_error.

#include <exception>
#include <memory>
#include <string>

#include "base/error.h"

namespace sluice {
inline namespace v1 {

class [[gnu::visibility("default")]] Failure : public std::exception {
 public:
  explicit Failure(Error error);
  Failure(const Failure&) noexcept;
  Failure& operator=(const Failure&) noexcept;
  ~Failure() override;

  const char* what() const noexcept override;
  const Error& error() const noexcept { return *error_; }
  Code code() const noexcept { return error_->code; }
  ErrorDomain domain() const noexcept { return error_->domain; }
  const std::string& message() const noexcept { return error_->message; }
  bool from_daemon() const noexcept { return error_->origin == Origin::remote; }

 private:
  std::shared_ptr<const Error> error_;  // shared, so that copying an exception cannot fail
};

// There is no connection: it could not be made, or it was lost. Every call and stream of it fails this way.
class [[gnu::visibility("default")]] Disconnected final : public Failure {
 public:
  explicit Disconnected(Error error);
  Disconnected(const Disconnected&) noexcept;
  Disconnected& operator=(const Disconnected&) noexcept;
  ~Disconnected() override;
};

}  // namespace v1
}  // namespace sluice
