#pragma once
// The store of a daemon: definitions and notes of running machines in one SQLite database, which survives a crash at
// any moment: what `put` returned from is on the disk.

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

 private:
  void check_version();
  Uuid uuid_of(Bytes blob) const;

  std::mutex mutex_;
  Database database_;
};

}  // namespace sluice::daemon
