#include "client/transfer.h"

#include <array>
#include <atomic>
#include <type_traits>
#include <variant>

#include "io/failure.h"
#include "io/file.h"
#include "remote/extension.h"

namespace sluice::client {
namespace {

using io::Task;
using Clock = std::chrono::steady_clock;

constexpr std::size_t room = 256 * 1024;  // offered to a reader, and to a writer

Error interrupted() {
  return {.code = Code::operation_aborted, .message = "interrupted", .domain = ErrorDomain::streams};
}

// Tells about progress when it is time, and aborts the stream when that is asked for. The stream is over when this is.
class Watch {
 public:
  Watch(Exchange& exchange, const TransferOptions& options)
      : exchange_(exchange), options_(options), stop_(options.stop, Stop{exchange}) {}

  void expect(std::uint64_t total) { total_ = total; }
  void moved(std::uint64_t count) {  // on the thread that waits
    moved_ += count;
    if (Clock::now() >= next_) tell();
  }
  std::shared_ptr<std::atomic<std::uint64_t>> counter() { return counter_; }

  // Waits for the loop to carry everything, or for the end after this thread did.
  Buffer until_over() {
    while (!exchange_.wait_over(std::max(options_.progress_interval, std::chrono::milliseconds(1)))) {
      if (!exchange_.failure()) tell();
    }
    auto result = exchange_.finished();  // throws why it failed
    tell();
    return std::move(*result);
  }

  // Gives the stream up with the exception in flight, and waits until nothing of it is left.
  void abort(const std::exception_ptr& failed) noexcept {
    exchange_.abort(io::reason(failed));
    while (!exchange_.wait_over(std::chrono::hours(1))) {
    }
  }

 private:
  struct Stop {
    Exchange& exchange;
    void operator()() const { exchange.abort(interrupted()); }
  };

  void tell() {
    next_ = Clock::now() + options_.progress_interval;
    if (options_.progress) options_.progress({.transferred = moved_ + *counter_, .total = total_});
  }

  Exchange& exchange_;
  const TransferOptions& options_;
  std::uint64_t total_ = 0, moved_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> counter_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  Clock::time_point next_ = Clock::now() + options_.progress_interval;
  std::stop_callback<Stop> stop_;
};

template <class Body>
Buffer watched(Exchange& exchange, const TransferOptions& options, Body body) {
  exchange.engine().refuse_its_thread("a whole transfer");
  Watch watch(exchange, options);
  if (options.limit != 0) exchange.limit(options.limit);
  std::exception_ptr failed;
  try {
    if (options.weight != 0) weigh(exchange, options.weight);
    body(watch);
    return watch.until_over();
  } catch (...) {
    failed = std::current_exception();
  }
  watch.abort(failed);
  std::rethrow_exception(failed);
}

using Counter = std::shared_ptr<std::atomic<std::uint64_t>>;
using Flag = std::shared_ptr<std::atomic<bool>>;

Task<> copy(io::Source& from, io::Sink& to, Counter counter) {
  if (to.takes_spliced()) from.may_splice();
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    const std::uint64_t length = piece.length();
    co_await to.write(std::move(piece));
    *counter += length;
  }
}

// What fails half-way is undone: a file that was begun goes.
Task<> store(io::Source& from, std::unique_ptr<io::Sink> to, Counter counter) {
  std::exception_ptr failed;
  try {
    co_await copy(from, *to, std::move(counter));
    co_await to->finish();
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return;
  to->abort(io::reason(failed));
  std::rethrow_exception(failed);
}

// --- the two kinds of input
// -----------------------------------------------------------------------------------------

// A few buffers in turn: the reader fills one while the others are being sent.
void pull_on(Exchange& exchange, const Reader& reader, Watch& watch) {
  struct Slot {
    std::vector<std::byte> buffer = std::vector<std::byte>(room);
    Loan loan;
  };
  std::array<Slot, 3> slots;
  try {
    for (std::size_t turn = 0;; turn = (turn + 1) % slots.size()) {
      Slot& slot = slots[turn];
      slot.loan.wait();
      const std::size_t count = reader(slot.buffer);
      if (count > room) throw std::logic_error("a reader said that it read more than there was room for");
      if (count == 0) break;
      exchange.lend(Bytes(slot.buffer).first(count), slot.loan);
      watch.moved(count);
    }
  } catch (...) {
    exchange.abort(io::reason(std::current_exception()));  // what was lent comes back
    throw;
  }
  exchange.begin_finish();
}

void feed(Exchange& exchange, OpenInput& from, Counter counter) {
  const auto fd = std::make_shared<io::Fd>(std::move(from.fd));
  exchange.feed([&exchange, fd, name = from.name, counter](io::Sink& to) -> Task<> {
    const io::FileSourceOptions options{.holes = exchange.may().sparse};
    const auto source = co_await io::source_of(exchange.engine().disk(), std::move(*fd), name, options);
    co_await copy(*source, to, counter);
  });
}

void send_on(Exchange& exchange, OpenInput& from, Watch& watch) {
  watch.expect(from.size);
  if (!from.fd) {
    pull_on(exchange, from.reader, watch);
  } else {
    feed(exchange, from, watch.counter());
  }
}

// --- the three kinds of output
// ----------------------------------------------------------------------------------------

void push(Exchange& exchange, const Writer& writer, Watch& watch) {
  std::vector<std::byte> buffer(room);
  while (const std::size_t count = exchange.read(buffer)) {
    writer(Bytes(buffer).first(count));
    watch.moved(count);
  }
  exchange.begin_finish();
}

void drain(Exchange& exchange, const std::filesystem::path& path, Counter counter, Flag stored) {
  exchange.drain([&exchange, path, counter, stored](io::Source& from) -> Task<> {
    auto to = co_await io::open_sink(exchange.engine().disk(), path.string());
    co_await store(from, std::move(to), counter);
    *stored = true;
  });
}

void drain(Exchange& exchange, const Descriptor& descriptor, Counter counter) {
  const auto fd = std::make_shared<io::Fd>(duplicate(descriptor));
  exchange.drain([&exchange, fd, name = name_of(descriptor), counter](io::Source& from) -> Task<> {
    auto to = co_await io::sink_of(exchange.engine().disk(), std::move(*fd), name);
    co_await store(from, std::move(to), counter);
  });
}

}  // namespace

void weigh(Exchange& exchange, std::uint32_t weight) {
  if (auto good = remote::Weight::check(weight); !good) throw Failure(std::move(good.error()));
  exchange.weigh(weight);
}

Buffer send(Exchange& exchange, const Input& from, const TransferOptions& options) {
  return watched(exchange, options, [&](Watch& watch) {
    OpenInput input(from);
    send_on(exchange, input, watch);
  });
}

Buffer send(Exchange& exchange, OpenInput from, const TransferOptions& options) {
  return watched(exchange, options, [&](Watch& watch) { send_on(exchange, from, watch); });
}

Buffer receive(Exchange& exchange, const Output& to, const TransferOptions& options) {
  const auto stored = std::make_shared<std::atomic<bool>>(false);
  const auto body = [&](Watch& watch) {
    if (const auto* writer = std::get_if<Writer>(&to)) {
      push(exchange, *writer, watch);
    } else if (const auto* path = std::get_if<std::filesystem::path>(&to)) {
      drain(exchange, *path, watch.counter(), stored);
    } else {
      drain(exchange, std::get<Descriptor>(to), watch.counter());
    }
  };
  // The file stays whatever follows: better both than neither. Who reads the error is told so.
  const auto unconfirmed = [&to](const Error& why) {
    return why.while_doing("all is in '" + std::get<std::filesystem::path>(to).string() +
                           "', but the daemon did not confirm the end");
  };
  try {
    return watched(exchange, options, body);
  } catch (const Disconnected& lost) {
    if (*stored) throw Disconnected(unconfirmed(lost.error()));
    throw;
  } catch (const Failure& failure) {
    if (*stored) throw Failure(unconfirmed(failure.error()));
    throw;
  }
}

}  // namespace sluice::client
