#include "daemon/sqlite.h"

#include <sqlite3.h>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr int busy_ms = 10'000;  // a backup program may hold it for a moment

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Database::Database(std::string path) : path_(std::move(path)) {
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path_.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  database_.reset(opened);
  check(result);
  sqlite3_extended_result_codes(opened, 1);
  check(sqlite3_busy_timeout(opened, busy_ms));
}

void Database::refuse(std::string_view why) const {
  io::fail(Code::system_error, "the database '" + path_ + "' " + std::string(why));
}

void Database::check(int result) const {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
  const int kind = result & 0xff;
  const std::string said = database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(result);
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) refuse("is damaged: " + said);
  refuse("cannot be used: " + said);
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  check(sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr));
  Statement statement;
  statement.database_ = this;
  statement.statement_.reset(prepared);
  return statement;
}

void Database::run(const char* sql) { check(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr)); }

std::int64_t Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string Database::text(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.text(0) : "";
}

void Statement::bind(int place, std::int64_t value) {
  database_->check(sqlite3_bind_int64(statement_.get(), place, value));
}
void Statement::bind(int place, std::string_view text) {
  database_->check(
      sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind(int place, Bytes blob) {
  database_->check(sqlite3_bind_blob64(statement_.get(), place, blob.data(), blob.size(), SQLITE_TRANSIENT));
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  database_->check(result);
  return result == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  database_->check(sqlite3_reset(statement_.get()));
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const Bytes bytes = blob(column);
  return std::string(as_text(bytes));
}

Bytes Statement::blob(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const std::byte*>(data), size};
}

}  // namespace sluice::daemon
