#pragma once
// What connections have counted, for people and programs that watch a daemon: what has happened since it began (Past)
// and how things stand (Present). Plain numbers of one thread; adding them up is the reader's affair.
//
//   Count count = connection.count();        // on its loop
//   all += count;

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "link/link.h"

namespace sluice::service {

inline constexpr std::size_t directions = 4;    // values of remote::Streaming
inline constexpr std::size_t outcomes = 5;      // of link::Outcome
inline constexpr std::size_t wait_reasons = 7;  // of remote::StreamWait

// Never becomes smaller.
struct Past {
  struct Calls {
    std::uint64_t well = 0, failed = 0;
    std::uint64_t unanswered = 0;  // nobody was left to hear the answer
  };
  std::map<std::string, std::uint64_t> connections;  // by transport
  std::map<std::uint32_t, Calls> calls;              // by program: those that are over, and streams accepted
  std::map<Code, std::uint64_t> errors;              // that clients were told, of calls and of streams
  std::array<std::uint64_t, directions> streams_opened{};
  std::array<std::array<std::uint64_t, outcomes>, directions> streams_ended{};
  session::Counters traffic;
  std::uint64_t copied = 0;  // bytes

  Past& operator+=(const Past& other);
};

struct Present {
  struct Client {
    std::string transport;
    bool extended = false;  // it is a Sluice, too
    auto operator<=>(const Client&) const = default;
  };
  struct Kind {
    std::string_view operation;  // the procedure that opened it
    remote::Streaming direction = remote::Streaming::none;
    auto operator<=>(const Kind&) const = default;
  };
  std::map<Client, std::uint64_t> connections;
  std::uint64_t braked = 0;          // connections
  std::uint64_t calls = 0;           // that were not answered yet
  std::uint64_t control_queued = 0;  // bytes
  std::map<Kind, std::uint64_t> streams;
  std::array<std::uint64_t, wait_reasons> waits{};  // streams, by what they wait for
  std::uint64_t held = 0;                           // bytes of streams

  Present& operator+=(const Present& other);
};

struct Count {
  Past past;
  Present present;

  Count& operator+=(const Count& other) {
    past += other.past;
    present += other.present;
    return *this;
  }
};

// Whoever counts on one loop.
struct Counted {
  virtual Count count() const = 0;

 protected:
  ~Counted() = default;
};

}  // namespace sluice::service
