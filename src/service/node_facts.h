#pragma once
// What the kernel says about this computer.

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::service {

struct NodeFacts {
  std::string machine;  // "x86_64"
  std::uint64_t memory_kib = 0, free_kib = 0;
  std::int32_t cpus = 1, mhz = 0;
};

NodeFacts node_facts();

// Of texts in the form of /proc/meminfo ("MemTotal:  1024 kB") and /proc/cpuinfo ("cpu MHz : 2000.1"); 0: not there.
std::uint64_t number_after(std::string_view text, std::string_view name);

}  // namespace sluice::service
