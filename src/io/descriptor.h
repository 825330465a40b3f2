#pragma once
// Streams over descriptors that can be polled: pipes, sockets, terminals. (Regular files cannot: io/file.h.)
//
//   FdSource keys(executor, Fd(::dup(STDIN_FILENO)), {.name = "standard input"});
//   FdSink screen(executor, Fd(::dup(STDOUT_FILENO)), {.name = "standard output"});
//   co_await pump(keys, machine);
//
// The descriptor is made non-blocking while it is in use; a blocking one (it may be shared with the shell that started
// us) becomes blocking again afterwards. Writing to a pipe without a reader is a failure where SIGPIPE is blocked (the
// threads of io/loop.h) or ignored (for other threads main does that).

#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <string>

#include "io/fd.h"
#include "io/stream.h"

namespace sluice::io {

// A stream_descriptor that leaves the open file as it found it.
class PolledFd {
 public:
  PolledFd(const Executor& executor, Fd fd);
  PolledFd(const PolledFd&) = delete;
  PolledFd& operator=(const PolledFd&) = delete;
  ~PolledFd() { close(); }
  asio::posix::stream_descriptor& stream() { return stream_; }
  void close() noexcept;

 private:
  asio::posix::stream_descriptor stream_;
  bool was_blocking_ = false;
};

struct FdSourceOptions {
  std::string name = "descriptor";  // for messages
  std::size_t chunk = 256 * 1024;   // the most one read takes; at most 1 MiB
  bool await_writer = false;        // a fifo that nobody has opened for writing yet is not at its end
};

class FdSource final : public Source {
 public:
  FdSource(const Executor& executor, Fd fd, FdSourceOptions options = {});
  Task<Piece> read() override;  // a terminal whose other side closed (EIO) is a clean end
  void stop(Error why) noexcept override;
  void may_splice() override;

 private:
  Task<std::optional<Piece>> read_spliced();  // nothing: through memory

  PolledFd fd_;
  FdSourceOptions options_;
  std::optional<SplicePool> pool_;  // bytes may stay in the kernel
  std::size_t offer_;               // grows while reads come back full, so that keystrokes do not pin 256 KiB each
  std::optional<Error> stopped_;
};

struct FdSinkOptions {
  std::string name = "descriptor";
  bool shut_down_at_finish = false;  // a socket whose other direction stays in use: finish says "no more" and keeps it
};

class FdSink final : public Sink {
 public:
  FdSink(const Executor& executor, Fd fd, FdSinkOptions options = {});
  Task<> write(Piece piece) override;  // all of it; a hole is written as zeros
  Task<> finish() override;            // closes, or shuts down
  void abort(Error why) noexcept override;
  bool takes_spliced() const override { return splices_; }

 private:
  Task<> write_all(Bytes bytes);
  Task<> write_spliced(Spliced& bytes);
  void failed_to_write(const boost::system::error_code& error);

  PolledFd fd_;
  FdSinkOptions options_;
  bool splices_;
  std::optional<Error> failed_;
};

}  // namespace sluice::io
