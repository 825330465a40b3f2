#pragma once
// A Host is a connection to a daemon that runs machines: sluiced, or any libvirtd.
//
//   Host host = Host::connect("qemu:///system");
//   for (const Domain& guest : host.domains()) std::cout << guest.name() << "\n";
//
// URIs                                      reach
//   qemu:///system                          sluiced of this machine, as root runs it
//   qemu:///session                         sluiced of this user
//   qemu+tls://HOST/system[?pkipath=DIR]    a daemon anywhere, by certificates (sluice(1) says where they are)
//   qemu+ssh://[USER@]HOST/system           the same there, through the user's own ssh
//   qemu+unix:///system?socket=PATH         whoever listens at PATH (`socket=` works on the two first, and with ssh)
//   qemu+tcp://HOST[:PORT]/system           TCP, on this machine only; the port is 16509 if it is absent
//   ...[?authfile=FILE]                     names and passwords for daemons that ask for them are in this file
//   test:///default                         a host of memory in this very process, with one machine called `test` and
//                                           one pool called `default-pool`; volumes are raw, at most 256 MiB together
//
// Calls block until the daemon answered, may come from any thread, and throw Failure; a lost connection fails all of
// them with Disconnected and its reason. A Host is a handle; the connection lasts as long as a handle, Domain, Pool,
// Volume or Stream of it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/domain.h"
#include "sluice/pool.h"
#include "sluice/runtime.h"
#include "sluice/stream.h"
#include "sluice/streams.h"

namespace sluice {
inline namespace v1 {

class Connection;

// What a daemon wants to know of who connects, by SASL.
struct Question {
  enum class What : std::uint8_t { user, password };
  What what;
  std::string host;  // of the daemon, as the URI names it; "localhost" for sockets
  std::string user;  // whose password
};

struct ConnectOptions {
  bool read_only = false;               // what changes something is refused
  std::optional<Runtime> runtime = {};  // the shared one if absent
  std::chrono::seconds keepalive{5};    // pings after so much silence; zero: none
  unsigned keepalive_count = 6;         // unanswered pings until the connection counts as lost
  // Called for what no file says (sluice(1), Authentication); on a thread that may wait. Nothing: there is no answer,
  // and no connection. What it throws fails Host::connect with a Failure that says what it was.
  std::function<std::optional<std::string>(const Question&)> ask = {};
};

struct DomainFilter {
  bool active = true;
  bool inactive = true;
};

struct Version {
  std::string library;     // ours
  std::string daemon;      // as it numbers itself, "0.1.0"
  std::string hypervisor;  // "QEMU 7.2.0"
  bool sluice = false;     // the daemon is a Sluice: machines can be saved to and restored from streams
};

struct RestoreOptions {
  AfterRestore then = AfterRestore::as_it_was;
  std::string xml = {};  // replaces the stored definition; name and disk paths may differ
};

// Numbers of libvirt's lifecycle events.
struct DomainEvent {
  std::string name, uuid;
  int event = 0;
  int detail = 0;
};
[[gnu::visibility("default")]] std::string_view name(const DomainEvent& event);  // "started", "stopped"

// The stream of a restore; its finish gives the machine.
class [[gnu::visibility("default")]] RestoreStream : public Stream {
 public:
  RestoreStream(Stream stream, std::shared_ptr<client::Connected> connected);
  Domain finish();
  Domain send(const Input& from, const TransferOptions& options = {});
  std::optional<Domain> finished();

 private:
  std::shared_ptr<client::Connected> connected_;
};

class [[gnu::visibility("default")]] Host {
 public:
  static Host connect(const std::string& uri, const ConnectOptions& options = {});

  const std::string& uri() const;  // as given
  std::string hostname() const;
  std::string capabilities() const;  // XML
  Version version() const;
  bool alive() const;  // false: the connection was lost or closed
  void close();        // ends the connection for every handle of it

  std::vector<Domain> domains(DomainFilter filter = {}) const;
  Domain lookup(const std::string& name) const;               // throws Code::no_domain
  std::optional<Domain> find(const std::string& name) const;  // by name; nothing if there is none
  Domain lookup_uuid(const std::string& uuid) const;
  Domain lookup_id(int id) const;
  Domain define(const std::string& xml);
  Domain create(const std::string& xml, StartOptions options = {});  // runs and is gone when it ends

  // A machine comes back from what Domain::save gave. Pushed into the stream, or pulled from `from`.
  RestoreStream restore(const RestoreOptions& options = {});
  Domain restore(const Input& from, const RestoreOptions& options = {}, const TransferOptions& transfer = {});

  // Calls `told` (runtime.h says where) for every machine that starts, stops, pauses..., until the token is dropped.
  std::shared_ptr<void> watch(std::function<void(const DomainEvent&)> told);

  // Storage (sluice/pool.h). A host without any has no pools, and refuses the rest with Code::no_support.
  std::vector<Pool> pools(PoolFilter filter = {}) const;         // by name
  Pool lookup_pool(const std::string& name) const;               // throws Code::no_storage_pool
  std::optional<Pool> find_pool(const std::string& name) const;  // by name; nothing if there is none
  Pool lookup_pool_uuid(const std::string& uuid) const;
  Pool define_pool(const std::string& xml);
  Pool create_pool(const std::string& xml, PoolStartOptions options = {});  // runs, and is forgotten when it is stopped
  Volume lookup_volume_by_path(const std::string& path) const;  // in active pools; throws Code::no_storage_vol
  Volume lookup_volume_by_key(const std::string& key) const;
  std::shared_ptr<void> watch_pools(std::function<void(const PoolEvent&)> told);  // as watch

  // The streams of every connection (sluice/streams.h), by id.
  std::vector<StreamInfo> streams() const;
  // Both ends of the stream are told that it was cancelled, by whom, and why. The reason has at most 1,024 bytes.
  // Throws Code::invalid_stream if there is no such stream, Code::operation_invalid if it is ending already. An upload
  // of which all has come may still be done when it is cancelled; whoever sent it then hears that.
  void cancel_stream(std::uint64_t id, std::string_view reason = {});
  // Each direction at the daemon from now on; 0 is no limit. Gives what holds: limits are 1,024 at least.
  std::uint64_t limit_stream(std::uint64_t id, std::uint64_t bytes_per_second);
  // How the streams of one connection that have something to send share it: each by its weight, from 1 to 1,000; 100 is
  // usual (Stream::weigh says more). Streams of other connections are not touched. Throws Code::invalid_arg for other
  // weights, Code::invalid_stream and Code::operation_invalid as cancel_stream, Code::operation_unsupported if the
  // stream's sender is a client that knows no weights, and Code::no_support for a daemon that knows none.
  void weigh_stream(std::uint64_t id, std::uint32_t weight);
  // Calls `told` as watch does, about every `interval` if anything changed; 100 ms or more.
  std::shared_ptr<void> watch_streams(std::function<void(const StreamReport&)> told,
                                      std::chrono::milliseconds interval = std::chrono::seconds(1));

  Connection connection() const;  // sluice/program.h: procedures of your own

  explicit Host(std::shared_ptr<client::Connected> connected);

 private:
  std::shared_ptr<client::Connected> connected_;
};

// This library's version, "0.1.0".
[[gnu::visibility("default")]] std::string library_version();

}  // namespace v1
}  // namespace sluice
