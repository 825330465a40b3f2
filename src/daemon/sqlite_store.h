#pragma once
// The store of a daemon in one SQLite database, which survives a crash at any moment: what `put` returned from is on
// the disk. A database that an earlier Sluice wrote is brought up to date when it is opened.

#include <mutex>

#include "daemon/sqlite.h"
#include "driver/store.h"

namespace sluice::daemon {

class SqliteStore final : public driver::Store {
 public:
  // Makes the database if there is none. One that is damaged, or was written by a later Sluice, is refused by name.
  explicit SqliteStore(std::string path);

  std::vector<driver::Definition> definitions() override;
  void put(const driver::Definition& definition) override;
  void remove_definition(const Uuid& uuid) override;
  std::vector<driver::RunningNote> running() override;
  void put(const driver::RunningNote& note) override;
  void remove_running(const Uuid& uuid) override;
  std::vector<driver::PoolDefinition> pools() override;
  void put(const driver::PoolDefinition& pool) override;
  void remove_pool(const Uuid& uuid) override;
  std::vector<std::string> incomplete_volumes() override;
  void set_incomplete(const std::string& key, bool incomplete) override;

 private:
  void bring_up_to_date();
  Uuid uuid_of(Bytes blob) const;

  std::mutex mutex_;
  Database database_;
};

}  // namespace sluice::daemon
