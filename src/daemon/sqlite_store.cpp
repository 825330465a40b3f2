#include "daemon/sqlite_store.h"

#include <algorithm>
#include <array>

namespace sluice::daemon {
namespace {

// One step from each version of the schema to the next, the first from an empty database.
constexpr auto steps = std::to_array<const char*>({R"(
  BEGIN IMMEDIATE;
  CREATE TABLE definitions (
    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),
    name TEXT NOT NULL UNIQUE,
    xml TEXT NOT NULL,
    autostart INTEGER NOT NULL
  );
  CREATE TABLE running (
    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),
    live_xml TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started INTEGER NOT NULL,
    job TEXT NOT NULL,
    was_running INTEGER NOT NULL
  );
  PRAGMA user_version = 1;
  COMMIT;
)",
                                                   R"(
  BEGIN IMMEDIATE;
  CREATE TABLE pools (
    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),
    name TEXT NOT NULL UNIQUE,
    xml TEXT NOT NULL,
    autostart INTEGER NOT NULL
  );
  CREATE TABLE incomplete_volumes (key TEXT PRIMARY KEY);
  PRAGMA user_version = 2;
  COMMIT;
)"});
constexpr auto schema_version = static_cast<std::int64_t>(steps.size());

}  // namespace

SqliteStore::SqliteStore(std::string path) : database_(std::move(path)) {
  if (database_.text("PRAGMA journal_mode = WAL") != "wal") database_.refuse("cannot keep a write-ahead log");
  database_.run("PRAGMA synchronous = FULL");
  bring_up_to_date();
  const std::string verdict = database_.text("PRAGMA quick_check(1)");
  if (verdict != "ok") database_.refuse("is damaged: " + verdict);
}

void SqliteStore::bring_up_to_date() {
  const std::int64_t version = database_.number("PRAGMA user_version");
  if (version < 0 || version > schema_version) {
    database_.refuse("was written by another Sluice: its schema is version " + std::to_string(version) +
                     ", this one knows " + std::to_string(schema_version));
  }
  if (version == 0 && database_.number("SELECT count(*) FROM sqlite_schema") != 0) {
    database_.refuse("is not one of Sluice");
  }
  for (auto step = steps.begin() + version; step != steps.end(); ++step) database_.run(*step);
}

Uuid SqliteStore::uuid_of(Bytes blob) const {
  Uuid uuid;
  if (blob.size() != uuid.bytes.size()) database_.refuse("is damaged: a uuid has the wrong size");
  std::ranges::copy(blob, uuid.bytes.begin());
  return uuid;
}

std::vector<driver::Definition> SqliteStore::definitions() {
  const std::lock_guard lock(mutex_);
  std::vector<driver::Definition> all;
  Statement rows = database_.prepare("SELECT uuid, name, xml, autostart FROM definitions ORDER BY name");
  while (rows.step()) {
    all.push_back(
        {.uuid = uuid_of(rows.blob(0)), .name = rows.text(1), .xml = rows.text(2), .autostart = rows.number(3) != 0});
  }
  return all;
}

void SqliteStore::put(const driver::Definition& definition) {
  const std::lock_guard lock(mutex_);
  Statement put = database_.prepare(
      "INSERT INTO definitions (uuid, name, xml, autostart) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (uuid) DO UPDATE SET name = ?2, xml = ?3, autostart = ?4");
  put.bind(1, definition.uuid.bytes);
  put.bind(2, definition.name);
  put.bind(3, definition.xml);
  put.bind(4, std::int64_t{definition.autostart});
  put.run();
}

void SqliteStore::remove_definition(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  Statement remove = database_.prepare("DELETE FROM definitions WHERE uuid = ?1");
  remove.bind(1, uuid.bytes);
  remove.run();
}

std::vector<driver::RunningNote> SqliteStore::running() {
  const std::lock_guard lock(mutex_);
  std::vector<driver::RunningNote> all;
  Statement rows = database_.prepare("SELECT uuid, live_xml, pid, started, job, was_running FROM running");
  while (rows.step()) {
    all.push_back({.uuid = uuid_of(rows.blob(0)),
                   .live_xml = rows.text(1),
                   .pid = static_cast<std::int32_t>(rows.number(2)),
                   .started = static_cast<std::uint64_t>(rows.number(3)),
                   .job = rows.text(4),
                   .was_running = rows.number(5) != 0});
  }
  return all;
}

void SqliteStore::put(const driver::RunningNote& note) {
  const std::lock_guard lock(mutex_);
  Statement put = database_.prepare(
      "INSERT INTO running (uuid, live_xml, pid, started, job, was_running) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
      "ON CONFLICT (uuid) DO UPDATE SET live_xml = ?2, pid = ?3, started = ?4, job = ?5, was_running = ?6");
  put.bind(1, note.uuid.bytes);
  put.bind(2, note.live_xml);
  put.bind(3, std::int64_t{note.pid});
  put.bind(4, static_cast<std::int64_t>(note.started));
  put.bind(5, note.job);
  put.bind(6, std::int64_t{note.was_running});
  put.run();
}

void SqliteStore::remove_running(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  Statement remove = database_.prepare("DELETE FROM running WHERE uuid = ?1");
  remove.bind(1, uuid.bytes);
  remove.run();
}

std::vector<driver::PoolDefinition> SqliteStore::pools() {
  const std::lock_guard lock(mutex_);
  std::vector<driver::PoolDefinition> all;
  Statement rows = database_.prepare("SELECT uuid, name, xml, autostart FROM pools ORDER BY name");
  while (rows.step()) {
    all.push_back(
        {.uuid = uuid_of(rows.blob(0)), .name = rows.text(1), .xml = rows.text(2), .autostart = rows.number(3) != 0});
  }
  return all;
}

void SqliteStore::put(const driver::PoolDefinition& pool) {
  const std::lock_guard lock(mutex_);
  Statement put = database_.prepare(
      "INSERT INTO pools (uuid, name, xml, autostart) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (uuid) DO UPDATE SET name = ?2, xml = ?3, autostart = ?4");
  put.bind(1, pool.uuid.bytes);
  put.bind(2, pool.name);
  put.bind(3, pool.xml);
  put.bind(4, std::int64_t{pool.autostart});
  put.run();
}

void SqliteStore::remove_pool(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  Statement remove = database_.prepare("DELETE FROM pools WHERE uuid = ?1");
  remove.bind(1, uuid.bytes);
  remove.run();
}

std::vector<std::string> SqliteStore::incomplete_volumes() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  Statement rows = database_.prepare("SELECT key FROM incomplete_volumes ORDER BY key");
  while (rows.step()) all.push_back(rows.text(0));
  return all;
}

void SqliteStore::set_incomplete(const std::string& key, bool incomplete) {
  const std::lock_guard lock(mutex_);
  Statement set = database_.prepare(incomplete ? "INSERT OR IGNORE INTO incomplete_volumes (key) VALUES (?1)"
                                               : "DELETE FROM incomplete_volumes WHERE key = ?1");
  set.bind(1, key);
  set.run();
}

}  // namespace sluice::daemon
