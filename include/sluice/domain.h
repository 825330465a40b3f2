#pragma once
// A Domain is one machine of a host: defined, running, or both.
//
//   Domain guest = host.lookup("web1");
//   guest.start();
//   guest.save("/srv/web1.saved");           // or guest.save() for a stream, guest.save(writer),
//   guest.save(Descriptor{fd})
//
// A Domain is a handle that is cheap to copy and keeps its connection open. What it says about itself it asks the
// daemon each time; only name() and uuid() are remembered.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/stream.h"

namespace sluice {
namespace client {
class Connected;
struct DomainName;
}  // namespace client
inline namespace v1 {

// Numbers of libvirt's virDomainState.
enum class DomainState : std::int32_t {
  none = 0,
  running = 1,
  blocked = 2,
  paused = 3,
  shutting_down = 4,
  shut_off = 5,
  crashed = 6,
};
[[gnu::visibility("default")]] std::string_view name(DomainState state);  // "running", "shut off"

struct DomainInfo {
  DomainState state = DomainState::none;
  std::uint64_t memory_max_kib = 0;
  std::uint64_t memory_kib = 0;
  std::uint32_t vcpus = 0;
  std::uint64_t cpu_time_ns = 0;
};

// A long operation on a machine, as seen from any connection. Bytes of the machine's state.
struct JobInfo {
  std::uint64_t elapsed_ms = 0;
  std::uint64_t total = 0;  // 0: unknown
  std::uint64_t processed = 0;
  std::uint64_t remaining = 0;
};

enum class AfterRestore : std::uint8_t { as_it_was, running, paused };

struct SaveOptions {
  AfterRestore then = AfterRestore::as_it_was;  // stored with the state
  bool zstd = false;
  int level = 3;                // of zstd
  std::uint64_t bandwidth = 0;  // bytes per second; 0: no limit
};
struct StartOptions {
  bool paused = false;
};
struct XmlOptions {
  bool secure = false;    // with passwords
  bool inactive = false;  // what the next start will use
};
struct ConsoleOptions {
  std::string device = {};  // empty: the first one
  bool force = false;       // take it over from whoever has it
};

class [[gnu::visibility("default")]] Domain {
 public:
  const std::string& name() const;
  const std::string& uuid() const;  // 8-4-4-4-12 hexadecimal digits
  std::optional<int> id() const;    // while it runs
  DomainInfo info() const;
  DomainState state() const;
  std::string xml(XmlOptions options = {}) const;
  bool active() const;
  bool persistent() const;
  bool autostart() const;
  void set_autostart(bool on);

  void start(StartOptions options = {});
  void shutdown();  // asks the guest to end
  void reboot();    // asks the guest to start again
  void reset();     // as its reset button does
  void destroy();   // as pulling its plug does
  void pause();
  void resume();
  void undefine();

  // The machine's state as a stream to read from. The guest stands still meanwhile and is given up only when the
  // stream was finished; aborted or broken, it goes on.
  Stream save(SaveOptions options = {});
  void save(const Output& to, SaveOptions options = {}, const TransferOptions& transfer = {});
  // Both ways: keys up, screen down. The end of reading is the guest's end.
  Stream console(const ConsoleOptions& options = {});

  std::optional<JobInfo> job() const;  // nothing while there is none, or the machine is off
  void abort_job();

  Domain(std::shared_ptr<client::Connected> connected, client::DomainName called);

 private:
  std::shared_ptr<client::Connected> connected_;
  std::shared_ptr<const client::DomainName> called_;
};

}  // namespace v1
}  // namespace sluice
