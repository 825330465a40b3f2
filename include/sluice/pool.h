#pragma once
// A Pool is where a host keeps disks: a directory, say, whose files are its volumes.
//
//   Pool pool = host.define_pool(xml);                     // libvirt's storage pool XML
//   pool.build();                                          // makes its place
//   pool.start();
//   Volume disk = pool.create_volume(volume_xml);
//   for (const Volume& volume : pool.volumes()) std::cout << volume.name() << "\n";
//
// A Pool is a handle that is cheap to copy and keeps its connection open. What it says about itself it asks the daemon
// each time; only name() and uuid() are remembered. All sizes are bytes.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/volume.h"

namespace sluice {
namespace client {
struct PoolName;
}
inline namespace v1 {

// Numbers of libvirt's virStoragePoolState.
enum class PoolState : std::int32_t { inactive = 0, building = 1, running = 2, degraded = 3, inaccessible = 4 };
[[gnu::visibility("default")]] std::string_view name(PoolState state);  // "inactive", "running"

struct PoolInfo {
  PoolState state = PoolState::inactive;
  std::uint64_t capacity = 0;  // of its place
  std::uint64_t allocation = 0;
  std::uint64_t available = 0;
};

struct PoolFilter {
  bool active = true;
  bool inactive = true;
};
struct PoolXmlOptions {
  bool inactive = false;  // the definition, without sizes
};
struct PoolStartOptions {
  bool build = false;  // makes its place first
};

// Something happened to a pool. Numbers of libvirt's storage pool lifecycle events, or `refreshed`.
struct PoolEvent {
  static constexpr int refreshed = -1;
  std::string name, uuid;
  int event = 0;
};
[[gnu::visibility("default")]] std::string_view name(const PoolEvent& event);  // "started", "refreshed"

class [[gnu::visibility("default")]] Pool {
 public:
  const std::string& name() const;
  const std::string& uuid() const;  // 8-4-4-4-12 hexadecimal digits
  PoolInfo info() const;
  std::string xml(PoolXmlOptions options = {}) const;
  bool active() const;
  bool persistent() const;  // false: it is forgotten when it is stopped
  bool autostart() const;
  void set_autostart(bool on);

  void build();  // makes its place
  void start(PoolStartOptions options = {});
  void stop();      // libvirt's "destroy": nobody gets at its volumes any more, but they stay
  void refresh();   // looks again which volumes there are
  void remove();    // libvirt's "delete": its place, of an inactive pool
  void undefine();  // forgets an inactive pool; its place stays

  // Of an active pool.
  std::vector<Volume> volumes() const;                        // by name
  Volume lookup(const std::string& name) const;               // throws Code::no_storage_vol
  std::optional<Volume> find(const std::string& name) const;  // nothing if there is none
  Volume create_volume(const std::string& xml);               // libvirt's storage volume XML
  // A new volume with the bytes of another one, of this or another pool of the same host.
  Volume clone_volume(const std::string& xml, const Volume& original);

  Pool(std::shared_ptr<client::Connected> connected, client::PoolName called);

 private:
  std::shared_ptr<client::Connected> connected_;
  std::shared_ptr<const client::PoolName> called_;
};

}  // namespace v1
}  // namespace sluice
