#pragma once
// Stumbling is work with bytes that was told in advance where to go wrong.
//
//   const Stumbling fault(faults.upload_fails_at, faults.upload_hangs_at, faults.reason);
//   co_await fault.pass(done);                              // fails or hangs, if it shall here
//   done = fault.next(done, end);                           // so far it goes well

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "io/failure.h"
#include "io/signal.h"

namespace sluice::driver {

// Until the task is cancelled.
inline io::Task<> hang() {
  io::Signal never;
  co_await never.until([] { return false; });
}

class Stumbling {
 public:
  using At = std::optional<std::uint64_t>;
  Stumbling(At fails_at, At hangs_at, std::string reason)
      : fails_at_(fails_at), hangs_at_(hangs_at), reason_(std::move(reason)) {}

  io::Task<> pass(std::uint64_t at) const {
    if (fails_at_ && *fails_at_ <= at) io::fail(Code::operation_failed, reason_);
    if (hangs_at_ && *hangs_at_ <= at) co_await hang();
  }
  std::uint64_t next(std::uint64_t at, std::uint64_t end) const {
    for (const At& each : {fails_at_, hangs_at_}) {
      if (each && *each > at) end = std::min(end, *each);
    }
    return end;
  }

 private:
  const At fails_at_, hangs_at_;
  const std::string reason_;
};

}  // namespace sluice::driver
