#pragma once
// A Transport carries bytes between two peers and says who the other one is: a unix or TCP socket, two ends in memory;
// later TLS and SASL as transports over a transport. Five verbs; partial reads and writes are normal. One whose
// bytes can pass inside the kernel from and to other descriptors says so with `splicing`.

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "io/spliced.h"
#include "io/task.h"

namespace sluice::io {

// Who the peer is, as far as the transport knows.
struct Identity {
  std::string transport;             // "unix", "tcp", "memory"
  std::optional<unsigned> uid, gid;  // unix: SO_PEERCRED
  std::optional<int> pid;
  std::string address = {};   // tcp: "127.0.0.1:4711"
  std::string name = {};      // that it has proved: the distinguished name of a certificate
  std::string user = {};      // that it has shown itself to be: to SASL
  std::string security = {};  // "TLSv1.3, TLS_AES_256_GCM_SHA384"; empty: anybody on the way may read and change
  int strength = 0;           // bits of its cipher
  std::string text() const;   // "unix, uid 0, pid 4711"
  // Who it is for the rules: "user alice", "certificate CN=alice", "uid 1000"; what was shown last counts. Empty:
  // nobody in particular.
  std::string principal() const;
};

struct Splicing {
  virtual Task<> readable() = 0;                                              // something came, or the end
  virtual Spliced::Moved splice_in(Spliced& into, std::size_t most) = 0;      // never waits
  virtual Task<std::size_t> splice_out(Spliced& from, std::size_t most) = 0;  // as write_some

 protected:
  ~Splicing() = default;
};

struct Transport {
  virtual ~Transport() = default;
  // Reads into the first buffers that have room; 0: the peer ended. `into` is not empty.
  virtual Task<std::size_t> read_some(std::span<const MutableBytes> into) = 0;
  virtual Task<std::size_t> write_some(std::span<const Bytes> from) = 0;
  virtual Task<> shutdown() = 0;      // says "no more" to the peer, in order
  virtual void close() noexcept = 0;  // at once; pending reads and writes fail with operation_aborted
  virtual Identity peer() const = 0;
  virtual Splicing* splicing() { return nullptr; }
};

// Where clients come from. They are in the kernel's queue until they are accepted.
struct Listener {
  virtual ~Listener() = default;
  // The next client, living on that executor. Survives running out of descriptors or memory: it pauses and tries again.
  virtual Task<std::unique_ptr<Transport>> accept(Executor lives_on) = 0;
};

// Two ends in one process; `capacity` bytes fit each way. Each end lives on its own executor (they may be the same).
std::pair<std::unique_ptr<Transport>, std::unique_ptr<Transport>> memory_transports(const Executor& first,
                                                                                    const Executor& second,
                                                                                    std::size_t capacity = 256 * 1024);

}  // namespace sluice::io
