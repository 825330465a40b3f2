#pragma once
// A Stream is an ordered flow of bytes to the daemon, from it, or both ways: a machine's state being restored or saved,
// a console, whatever a program of your own declares. Two faces, one object:
//
//   push: the application owns the loop                    pull: the library owns the loop
//   Stream stream = host.restore();                        host.restore([&](std::span<std::byte> room) {
//   stream.write(bytes);                                     return file.read(room);           // 0: the end
//   stream.finish();       // throws the daemon's reason    });                                // throws likewise
//
//   Stream state = guest.save();                           guest.save([&](std::span<const std::byte> bytes) { ... });
//   while (auto n = state.read(room)) use(room.first(n));
//   state.finish();                                        simplest of all: guest.save("/srv/guest.saved");
//
// A stream is there at once; it opens in the background, and what speaks against it is thrown by the first call that
// waits. `finish` is agreement: it returns when the daemon is done with the data. `abort` is giving up, from any
// thread. A stream that is dropped unfinished is aborted; that never blocks. One thread may write while another reads.
//
// A stream may have holes, runs of zeros that are not sent (a volume's, if it is asked for: sluice/volume.h). Who does
// not care reads zeros. Whole transfers from and to regular files keep holes by themselves.
//
// Nothing here needs to block: try_write and try_read never do, the on_ callbacks tell when to try again (runtime.h
// says on which thread), begin_finish asks for the end without waiting for it. sluice/asio.h has the same as
// completion tokens.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/error.h"

namespace sluice {
namespace client {
class Exchange;
}
inline namespace v1 {

// Fills the front of the span and says how much; 0 is the end. Called on the thread that waits for the transfer.
using Reader = std::function<std::size_t(std::span<std::byte>)>;
// Takes all bytes of the span. Called on the thread that waits for the transfer.
using Writer = std::function<void(std::span<const std::byte>)>;

// An open file, pipe or socket of the application, which stays its owner.
struct Descriptor {
  int fd = -1;
};

// Where a whole transfer comes from and goes to. A path may name a fifo or a device; a regular file that is written is
// whole or absent: until the end it is called NAME.partial-XXXXXX.
using Input = std::variant<Reader, std::filesystem::path, Descriptor>;
using Output = std::variant<Writer, std::filesystem::path, Descriptor>;

struct Progress {
  std::uint64_t transferred = 0;  // bytes so far
  std::uint64_t total = 0;        // 0: unknown
};

struct TransferOptions {
  // Called on the thread that waits, about every `progress_interval`, and once at the end. What it throws aborts.
  std::function<void(const Progress&)> progress = {};
  std::chrono::milliseconds progress_interval{100};
  std::stop_token stop = {};  // a request to stop aborts the stream
  std::uint64_t limit = 0;    // bytes per second, as Stream::limit; 0: none
  std::uint32_t weight = 0;   // 1 to 1,000, as Stream::weigh; 0: the usual one
};

// What read_sparse gave: so many bytes at the front of the room, or a hole, for which nothing was put there; with
// neither, the end.
struct SparseRead {
  std::size_t bytes = 0;
  std::uint64_t hole = 0;  // so many zero bytes
  bool is_end() const { return bytes == 0 && hole == 0; }
};

class [[gnu::visibility("default")]] Stream {
 public:
  Stream();  // names no stream
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();  // aborts what was not finished; never blocks

  // --- towards the daemon
  // Returns when the stream took the bytes: 64 KiB and more are not copied but lent until they were sent.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  // Takes what it has room for, copies it and says how much; 0: none now, on_writable tells when. Small writes are
  // gathered.
  std::size_t try_write(std::span<const std::byte> bytes);
  // So many zero bytes, in order with what is written. On a stream that was opened for holes they travel as one small
  // message, else as zeros: the daemon gets the same bytes. A length of 0 is nothing; 2^63 and more are a logic_error.
  void write_hole(std::uint64_t length);
  bool try_write_hole(std::uint64_t length);  // false: no room now, on_writable tells when

  // --- from the daemon
  std::size_t read(std::span<std::byte> into);  // waits for at least one byte; 0: the end
  std::optional<std::size_t> try_read(
      std::span<std::byte> into);  // nothing: not yet, on_readable tells when; 0: the end
  // The same for who wants to pass over holes: `read` fills its room with their zeros, this one tells how long they
  // are. Both may be used on one stream. The room must not be empty.
  SparseRead read_sparse(std::span<std::byte> into);
  std::optional<SparseRead> try_read_sparse(std::span<std::byte> into);  // nothing: not yet

  // --- the end
  // All is sent, or enough was read: returns when the daemon has confirmed it. Bytes that a procedure of your own
  // returns as its Result are given back undecoded.
  std::vector<std::byte> finish();
  void begin_finish();                               // the same without waiting: on_finished, then finished()
  std::optional<std::vector<std::byte>> finished();  // nothing: not yet; throws the daemon's reason
  void abort(std::string_view why = {}) noexcept;    // returns at once; pending calls on the stream throw
  std::optional<Error> failure() const;              // why the stream failed, if it did

  // From now on at most so many bytes per second, each direction for itself; at least 1,024, 0 is no limit. Returns at
  // once. Others may limit the stream at the daemon (Host::limit_stream): the lower limit holds.
  void limit(std::uint64_t bytes_per_second);
  // The streams of one connection that have something to send share it by their weights: one of 300 gets three times
  // what one of 100 gets, which is what a stream weighs until it is weighed; one that is alone gets all. From 1 to
  // 1,000, else Code::invalid_arg is thrown. Returns at once; whoever weighed last, here or at the daemon
  // (Host::weigh_stream), is heeded. What a daemon that knows no weights sends is not weighed.
  void weigh(std::uint32_t weight);

  // --- readiness. Each is told once, when what the last try (or begin_finish) lacked is there; failure counts as
  // there. Setting a callback calls it if that is so already. An empty function unsets it.
  void on_writable(std::function<void()> told);
  void on_readable(std::function<void()> told);
  void on_finished(std::function<void()> told);

  // --- whole transfers: these finish the stream, or abort it and throw
  std::vector<std::byte> send(const Input& from, const TransferOptions& options = {});
  std::vector<std::byte> receive(const Output& to, const TransferOptions& options = {});

  explicit operator bool() const { return exchange_ != nullptr; }
  explicit Stream(std::shared_ptr<client::Exchange> exchange);
  const std::shared_ptr<client::Exchange>& exchange() const { return exchange_; }

 protected:
  std::shared_ptr<client::Exchange> exchange_;
};

}  // namespace v1
}  // namespace sluice
