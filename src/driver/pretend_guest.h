#pragma once
// The guest of an in-memory machine: it has memory (made from its uuid, the same whenever it is looked at), counts five
// times a second while it runs, and talks on its console.
//
//   PretendGuest guest(uuid, bytes);
//   guest.run(now);  ...  guest.count(later)                  // 5 after a second
//   guest.typed(as_bytes("count\n"), now).said                // "count 5\r\n"
//   guest.stand_still(now);  guest.state(0, 256 * 1024)       // its state, piece by piece
//
// PretendState takes such a state in again and finds every byte that is not what it was.

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/chunk.h"
#include "base/instant.h"
#include "base/result.h"
#include "base/uuid.h"

namespace sluice::driver {

class PretendGuest {
 public:
  PretendGuest(const Uuid& uuid, std::uint64_t memory_bytes, Duration ran = {})
      : uuid_(uuid), memory_bytes_(memory_bytes), ran_(ran) {}

  void run(Instant now);
  void stand_still(Instant now);
  void reboot(Instant now);
  bool runs() const { return runs_; }
  Duration ran(Instant now) const;
  std::uint64_t count(Instant now) const;

  struct Answer {
    std::string said;
    bool powers_off = false;
  };
  // Says "you said X" for a line; "count" asks for the count, "halt" powers off. A guest that stands still hears
  // nothing.
  Answer typed(Bytes keys, Instant now);

  // While it stands still.
  std::uint64_t state_size() const;
  Chunk state(std::uint64_t from, std::size_t size_max) const;

 private:
  std::string answer_to_line(Instant now);

  Uuid uuid_;
  std::uint64_t memory_bytes_;
  Duration ran_;  // before since_
  Instant since_{};
  bool runs_ = false;
  std::string line_;
};

class PretendState {
 public:
  explicit PretendState(const Uuid& uuid) : uuid_(uuid) {}
  Result<> take(Bytes bytes);           // an error names the first wrong byte
  Result<PretendGuest> finish() const;  // the guest, standing still; an error if the state is not whole
  std::uint64_t taken() const { return at_; }

 private:
  Result<> read_head();

  Uuid uuid_;
  Buffer head_;
  std::uint64_t at_ = 0;
  std::uint64_t memory_bytes_ = 0;
  Duration ran_{};
};

}  // namespace sluice::driver
