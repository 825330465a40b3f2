#pragma once
// Streams: all streams of one service, whichever connection they belong to, to be seen and steered from any other.
//
//   streams.enter(call, opener);                                  // a stream is listed until its client heard its end
//   auto infos = co_await streams.list(viewer);
//   co_await streams.cancel(id, viewer, "maintenance");           // Failure: there is no such stream
//   std::uint64_t effective = co_await streams.limit(id, viewer, 50'000'000);
//   co_await streams.weigh(id, viewer, 300);
//
// Figures are asked of each connection's own loop, so counting costs the way of the bytes no lock. The table is locked
// when a stream opens, ends, or is looked for. May be used from any thread; who has entered must be over before it
// dies.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "link/link.h"
#include "remote/extension.h"

namespace sluice::service {

using io::Task;

// A connection, as one that opens streams or looks at them.
struct StreamUser {
  std::uint64_t session = 0;
  std::string principal;  // "uid 0"; empty: nobody in particular
  std::string name;       // "unix, uid 0, pid 4711"
};

struct StreamViewer {
  StreamUser user;
  bool all = false;  // or only those of his own user; others are not there for him
};

// A stream at one moment. Its weight is no field of the info: older peers would not know what comes behind it.
struct Listed {
  remote::StreamInfo info;
  std::uint32_t weight = remote::Weight::usual;
  bool operator==(const Listed&) const = default;
};

class Streams {
 public:
  Streams() = default;
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  ~Streams();

  StreamUser new_user(const io::Identity& identity) {
    return {.session = ++last_session_, .principal = identity.principal(), .name = identity.text()};
  }
  void enter(link::Incoming& call, std::shared_ptr<const StreamUser> opener, const io::Executor& home);

  Task<std::vector<Listed>> list(StreamViewer viewer);
  Task<> cancel(std::uint64_t id, StreamViewer viewer, std::string reason);
  Task<std::uint64_t> limit(std::uint64_t id, StreamViewer viewer, std::uint64_t bytes_per_second);
  Task<> weigh(std::uint64_t id, StreamViewer viewer, std::uint32_t weight);

 private:
  struct Entry {
    std::uint64_t id;
    std::shared_ptr<const StreamUser> opener;  // of all its streams
    io::Executor home;                         // of its connection
    link::Incoming* call;                      // at home only; null: over
    std::int64_t opened_ms;
    Listed listed() const;
  };
  using Entries = std::vector<std::shared_ptr<Entry>>;

  Entries seen_by(const StreamViewer& viewer) const;
  std::shared_ptr<Entry> find(std::uint64_t id, const StreamViewer& viewer) const;
  void forget(std::uint64_t id);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries_;
  std::uint64_t last_id_ = 0;
  std::atomic<std::uint64_t> last_session_ = 0;
};

}  // namespace sluice::service
