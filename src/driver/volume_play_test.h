#pragma once
// What tests of storages play with: definitions, bytes, streams of pieces in memory, and the errors of tasks.
//
//   Pieces from;   from.pieces.push_back(hole_of(4096));   from.fails = true;
//   const Error why = co_await failure_of(volume->upload({}, from, job));

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "driver/storage.h"
#include "io/failure.h"
#include "io/signal.h"
#include "io/stream.h"

namespace sluice::driver {

using io::Piece;

inline std::string pattern(std::size_t size, unsigned seed = 7) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(1 + (random() >> 8) % 255);  // never a zero
  return text;
}
inline Piece piece_of(std::string_view text) { return {.bytes = Chunk::copy_of(as_bytes(text))}; }
inline Piece hole_of(std::uint64_t length) { return {.bytes = {}, .hole = length}; }

inline std::string pool_xml(const std::string& name, const std::string& path) {
  return "<pool type='dir'><name>" + name + "</name><target><path>" + path + "</path></target></pool>";
}
inline std::string volume_xml(const std::string& name, std::uint64_t capacity, const std::string& more = "") {
  return "<volume><name>" + name + "</name><capacity>" + std::to_string(capacity) + "</capacity>" + more + "</volume>";
}
inline std::string sparse() { return "<allocation>0</allocation>"; }

// Gives what it was filled with; then ends, fails, or keeps its reader waiting.
class Pieces final : public io::Source {
 public:
  std::deque<Piece> pieces;
  bool fails = false, hangs = false;
  std::size_t asked = 0;
  std::string stopped;
  std::function<Task<>()> before_end = nullptr;

  Task<Piece> read() override {
    ++asked;
    if (!pieces.empty()) {
      Piece piece = std::move(pieces.front());
      pieces.pop_front();
      co_return piece;
    }
    if (before_end) co_await before_end();
    if (fails) io::fail(Code::operation_aborted, "the client went away");
    if (hangs) {
      io::Signal never;
      co_await never.until([] { return false; });
    }
    co_return Piece{};
  }
  void stop(Error why) noexcept override { stopped = why.message; }
};

class Collected final : public io::Sink {
 public:
  std::string bytes;
  std::uint64_t in_holes = 0, in_kernel = 0;
  bool finished = false, splices = false;
  std::string aborted;
  std::function<void(std::uint64_t at)> before_write = nullptr;
  std::function<Task<>()> before_finish = nullptr;
  std::function<Task<>()> until_wanted = nullptr;

  Task<> write(Piece piece) override {
    if (before_write) before_write(bytes.size());
    in_holes += piece.hole;
    if (piece.spliced) in_kernel += piece.length();
    if (piece.hole != 0) {
      bytes.append(piece.hole, '\0');
    } else if (piece.spliced) {
      const Chunk chunk = piece.spliced->read_out();
      bytes += as_text(chunk.bytes());
    } else {
      bytes += as_text(piece.bytes.bytes());
    }
    co_return;
  }
  Task<> finish() override {
    if (before_finish) co_await before_finish();
    finished = true;
    co_return;
  }
  void abort(Error why) noexcept override { aborted = why.message; }
  bool takes_spliced() const override { return splices; }
  Task<> wanted() override {
    if (until_wanted) co_await until_wanted();
  }
};

// The Error that `task` fails with; a test failure if it does not.
template <class T>
Task<Error> failure_of(Task<T> task) {
  try {
    co_await std::move(task);
  } catch (const io::Failure& failure) {
    co_return failure.error;
  }
  ADD_FAILURE() << "this should have failed";
  co_return Error{};
}

using Names = std::vector<std::string>;

inline Task<Names> names_of(Pool& pool) {
  Names names;
  for (const auto& volume : co_await pool.volumes()) names.push_back(volume->ref().name);
  co_return names;
}

}  // namespace sluice::driver
