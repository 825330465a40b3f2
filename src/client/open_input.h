#pragma once
// OpenInput: what an upload comes from, open before its stream is: what cannot be read has begun nothing at the daemon.
//
//   OpenInput input(from);                               // a Failure names what cannot be opened
//   send(exchange, std::move(input), options);

#include <cstdint>
#include <string>

#include "io/fd.h"
#include "sluice/stream.h"

namespace sluice::client {

struct OpenInput {
  explicit OpenInput(const Input& from);

  Reader reader = {};  // or:
  io::Fd fd = {};      // a duplicate: the application's own stays its own
  std::string name = {};
  std::uint64_t size = 0;  // what is left to read of a regular file; 0: unknown
};

// A descriptor of the application's, duplicated; and what it is called in messages.
io::Fd duplicate(const Descriptor& of);
std::string name_of(const Descriptor& of);

}  // namespace sluice::client
