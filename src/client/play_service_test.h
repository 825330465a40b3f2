#pragma once
// A small program and a server of it, for tests of streams and calls through the public API.

#include <gtest/gtest.h>
#include <sluice/service.h>

#include <future>
#include <latch>
#include <string>
#include <thread>

#include "io/temporary_directory.h"

namespace sluice::client {

struct Add {
  static constexpr Proc proc{1, "add", Streaming::none, Role::none};
  struct Reply {
    std::int64_t sum = 0;
  };
  std::int64_t a = 0, b = 0;
};
struct Put {  // fails after so many bytes, if that is not 0
  static constexpr Proc proc{2, "put", Streaming::up, Role::none};
  using Reply = Void;
  struct Result {
    std::uint64_t bytes = 0, sum = 0;
  };
  std::uint64_t fails_after = 0;
};
struct Get {
  static constexpr Proc proc{3, "get", Streaming::down, Role::none};
  using Reply = Void;
  std::uint64_t bytes = 0, fails_after = 0;
};
struct Talk {  // gives back what it gets, until `bye`
  static constexpr Proc proc{4, "talk", Streaming::both, Role::none};
  using Reply = Void;
};
struct Stand {  // takes nothing until the test lets it go
  static constexpr Proc proc{5, "stand", Streaming::up, Role::none};
  using Reply = Void;
};
struct Absent {
  static constexpr Proc proc{6, "absent", Streaming::none, Role::none};
  using Reply = Void;
};
using Play = Program<0x20770002, 1, Add, Put, Get, Talk, Stand, Absent>;

inline std::byte pattern_at(std::uint64_t i) { return static_cast<std::byte>(i % 251); }
inline std::vector<std::byte> pattern(std::size_t size, std::uint64_t from = 0) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern_at(from + i);
  return bytes;
}
inline std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte b : bytes) sum += std::to_integer<std::uint64_t>(b);
  return sum;
}

class PlayService : public ::testing::Test {
 protected:
  PlayService() {
    server.on<Play>([](const Add& ask) { return Add::Reply{ask.a + ask.b}; });
    server.on<Play>([](const Put& ask, Stream& in) { return put(ask, in); });
    server.on<Play>([](const Get& ask, Stream& out) { get(ask, out); });
    server.on<Play>([](const Talk&, Stream& both) { talk(both); });
    server.on<Play>([this](const Stand&, Stream& in) { stand(in); });
    server.start();
  }
  ~PlayService() override {
    let_go();
    server.stop();
  }

  Connection connect(ConnectOptions options = {}) { return Connection::open(socket(), options); }
  std::string socket() const { return directory.path() + "/play.sock"; }
  void let_go() {
    if (!std::exchange(gone_, true)) go_.set_value();
  }

  static Put::Result put(const Put& ask, Stream& in) {
    Put::Result result;
    std::vector<std::byte> room(50'000);
    while (const std::size_t count = in.read(room)) {
      result.bytes += count;
      result.sum += sum_of(std::span(room).first(count));
      if (ask.fails_after != 0 && result.bytes >= ask.fails_after) {
        throw Failure({.code = Code::overflow, .message = "that is too much"});
      }
    }
    return result;
  }
  static void get(const Get& ask, Stream& out) {
    constexpr std::uint64_t step = 100'000;
    for (std::uint64_t done = 0; done < ask.bytes; done += step) {
      if (ask.fails_after != 0 && done >= ask.fails_after) {
        throw Failure({.code = Code::operation_failed, .message = "the well is dry"});
      }
      out.write(pattern(std::min(step, ask.bytes - done), done));
    }
  }
  static void talk(Stream& both) {
    std::vector<std::byte> room(4096);
    while (const std::size_t count = both.read(room)) {
      const auto said = std::span<const std::byte>(room).first(count);
      both.write(said);
      if (as_text(said).find("bye") != std::string_view::npos) return;
    }
  }
  void stand(Stream& in) {
    ++standing;
    go_future_.wait();
    std::vector<std::byte> room(65536);
    try {
      while (in.read(room) != 0) {
      }
    } catch (const Failure& failure) {
      ended_with.set_value(failure.message());
      throw;
    }
    ended_with.set_value("");
  }

  io::TemporaryDirectory directory;
  std::atomic<int> standing = 0;
  std::promise<std::string> ended_with;
  Server server{{.socket = socket(), .threads = 4}};

 private:
  std::promise<void> go_;
  std::shared_future<void> go_future_{go_.get_future().share()};
  bool gone_ = false;
};

template <class Call>
Error failure_of(Call call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "it went well";
  return {};
}

// What must come true soon, from another thread.
template <class Condition>
::testing::AssertionResult soon(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return ::testing::AssertionFailure() << "not within 30 s";
    std::this_thread::yield();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace sluice::client
