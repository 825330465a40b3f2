#pragma once
// The little of SQLite that the daemon needs, with owners and exceptions.
//
//   Database database(path);
//   auto put = database.prepare("INSERT INTO t VALUES (?1, ?2)");
//   put.bind(1, uuid.bytes);  put.bind(2, name);  put.run();
//   for (auto all = database.prepare("SELECT name FROM t"); all.step();) names.push_back(all.text(0));
//
// Failures name the file and what SQLite says. One thread at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::daemon {

class Statement {
 public:
  void bind(int place, std::int64_t value);
  void bind(int place, std::string_view text);
  void bind(int place, Bytes blob);
  bool step();  // a row is there
  void run();   // to the end; ready to be bound again
  std::int64_t number(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;  // until the next step

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  class Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  explicit Database(std::string path);
  Statement prepare(std::string_view sql);
  void run(const char* sql);  // any number of statements without results
  std::int64_t number(std::string_view sql);
  std::string text(std::string_view sql);
  const std::string& path() const { return path_; }
  [[noreturn]] void refuse(std::string_view why) const;  // "the database '/x/sluice.db' ..."

 private:
  friend class Statement;
  void check(int result) const;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace sluice::daemon
