#pragma once
// Wire: a connection as the loop sees it: the link, the streams that run over it, and who wants to hear of events.
// Everything here belongs to the loop's thread.

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "client/exchange.h"
#include "client/memory_daemon.h"
#include "client/watchers.h"
#include "link/link.h"
#include "sluice/host.h"

namespace sluice::client {

struct OpenStream {  // what a stream is opened with
  std::uint32_t program;
  const remote::Proc& proc;
  Buffer fields;
};

class Wire {
 public:
  Wire(Engine& engine, std::unique_ptr<io::Transport> transport, std::unique_ptr<MemoryDaemon> daemon,
       const ConnectOptions& options);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  io::Task<> live();  // until the connection is over, and everything that ran over it
  void close();
  link::Link& link() { return link_; }
  Engine& engine() { return engine_; }
  const io::Identity& peer() const { return peer_; }  // as the transport knows it
  bool closed() const { return closed_; }             // from any thread

  void start(std::shared_ptr<Exchange> exchange, OpenStream open);

  template <class Event>
  Watchers<Event>& watchers() {
    return std::get<Watchers<Event>>(watchers_);
  }

  // The daemon has one watch for a connection: it reports as often as the most eager watcher wants, and begins again
  // with all streams for each that comes. Throws the daemon's reason.
  io::Task<std::uint64_t> watch_streams(Watchers<StreamReport>::Told told, std::chrono::milliseconds interval);
  void unwatch_streams(std::uint64_t id);

 private:
  io::Task<> run_link();
  void open_next();
  void refuse(Exchange& exchange) const;
  void told(const session::Notified& event);
  void told_of_host(const session::Notified& event);
  std::uint32_t stream_interval_ms() const;  // of the most eager watcher
  io::Task<> ask_for_reports();
  io::Task<> try_to_ask_for_reports();

  Engine& engine_;
  const io::Identity peer_;
  link::Link link_;
  std::unique_ptr<MemoryDaemon> daemon_;
  io::Scope* streams_ = nullptr;  // while the connection lives
  // A daemon lets no more calls wait for their answers than so many: the next stream is asked for when one is open.
  std::deque<std::pair<std::shared_ptr<Exchange>, OpenStream>> to_open_;
  std::size_t opening_ = 0;
  bool opens_ = false;  // open_next is at work
  std::optional<Error> lost_;
  std::atomic<bool> closed_ = false;
  std::tuple<Watchers<DomainEvent>, Watchers<PoolEvent>, Watchers<StreamReport>> watchers_;
  std::map<std::uint64_t, std::uint32_t> stream_intervals_ms_;  // of their watchers
};

}  // namespace sluice::client
