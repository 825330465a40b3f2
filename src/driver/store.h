#pragma once
// Where a host keeps what must survive the daemon: definitions of machines and pools, autostart marks, a note per
// running machine, and the volumes whose upload was not finished. The
// daemon keeps it in SQLite; MemoryStore forgets with the process. Calls are short and may block on a disk: a host
// calls them off the event loops. Thread-safe.

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/uuid.h"

namespace sluice::driver {

struct Definition {
  Uuid uuid;
  std::string name;
  std::string xml;
  bool autostart = false;
};

// What a restarted daemon must know of a machine that goes on running.
struct RunningNote {
  Uuid uuid;
  std::string live_xml;  // definition it runs with; a transient machine has no other
  std::int32_t pid = 0;
  std::uint64_t started = 0;  // the process's start time, clock ticks since boot: a pid used again is another process
  std::string job;            // "" or the job under way, e.g. "save": an interrupted one is undone at the next start
  bool was_running = false;   // before that job
};

struct PoolDefinition {
  Uuid uuid;
  std::string name;
  std::string xml;
  bool autostart = false;
};

struct Store {
  virtual ~Store() = default;
  virtual std::vector<Definition> definitions() = 0;
  virtual void put(const Definition& definition) = 0;
  virtual void remove_definition(const Uuid& uuid) = 0;
  virtual std::vector<RunningNote> running() = 0;
  virtual void put(const RunningNote& note) = 0;
  virtual void remove_running(const Uuid& uuid) = 0;

  virtual std::vector<PoolDefinition> pools() = 0;
  virtual void put(const PoolDefinition& pool) = 0;
  virtual void remove_pool(const Uuid& uuid) = 0;
  // Keys of volumes that an upload was begun for and not finished.
  virtual std::vector<std::string> incomplete_volumes() = 0;
  virtual void set_incomplete(const std::string& key, bool incomplete) = 0;
};

class MemoryStore final : public Store {
 public:
  std::vector<Definition> definitions() override;
  void put(const Definition& definition) override;
  void remove_definition(const Uuid& uuid) override;
  std::vector<RunningNote> running() override;
  void put(const RunningNote& note) override;
  void remove_running(const Uuid& uuid) override;
  std::vector<PoolDefinition> pools() override;
  void put(const PoolDefinition& pool) override;
  void remove_pool(const Uuid& uuid) override;
  std::vector<std::string> incomplete_volumes() override;
  void set_incomplete(const std::string& key, bool incomplete) override;

 private:
  std::mutex mutex_;
  std::map<Uuid, PoolDefinition> pools_;
  std::set<std::string> incomplete_;
  std::map<Uuid, Definition> definitions_;
  std::map<Uuid, RunningNote> running_;
};

}  // namespace sluice::driver
