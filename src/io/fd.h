#pragma once
// Fd owns one file descriptor of this process and closes it when it dies.
//
//   Fd file(::open(path, O_RDONLY | O_CLOEXEC));
//   if (!file) fail_with_errno("cannot open '" + path + "'");

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::io {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd taken(std::move(other));
    std::swap(number_, taken.number_);
    return *this;
  }
  ~Fd();

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }  // the caller closes it
  void reset() { *this = Fd(); }
  Fd duplicate() const;  // another number for the same open file, close-on-exec

 private:
  int number_ = -1;
};

struct FdPair {
  Fd first, second;
};
FdPair make_pipe();         // first is read, second is written; close-on-exec
FdPair make_socket_pair();  // unix stream sockets, close-on-exec

// For what there may be very many of: fails as if the process had no descriptor left while it still has some for those
// who come, and for all else that it does.
void leave_some(const Fd& made, std::string_view what);

// "what: No such file or directory" as a Failure with Code::system_error.
[[noreturn]] void fail_with_errno(std::string_view what, int os_error = errno);

}  // namespace sluice::io
