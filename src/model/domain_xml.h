#pragma once
// Libvirt's domain XML in and out.
//
//   auto spec = parse_domain(text);                 // or the error: "interface type 'network' is not supported: ..."
//   print_domain(*spec);                            // for a client: without secrets
//   print_domain(*spec, {.secure = true});          // for the database and saved states
//   print_domain(*spec, {.live = facts});           // of a running machine
//
// Reading follows two rules. What Sluice does not know is kept and printed again. What it knows and cannot honour is
// refused by name, if leaving it out would change what the guest is or break a promise.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/domain.h"

namespace sluice::model {

// Checked: size and depth, well-formedness (the error says line and column), name, memory, vcpus, duplicate targets.
Result<DomainSpec> parse_domain(std::string_view xml);

// What only a running machine has. The vectors go by the index of the device in the spec and may be shorter.
struct LiveFacts {
  std::int32_t id = -1;
  std::vector<std::string> serial_ptys;   // "/dev/pts/3"; empty: not a pty
  std::vector<std::string> console_ptys;  // of the consoles; the first serial console follows serial_ptys by itself
  std::vector<std::int32_t> vnc_ports;
  std::vector<std::string> tap_devices;  // of the interfaces
};

struct PrintOptions {
  bool secure = false;  // with secrets
  std::optional<LiveFacts> live = std::nullopt;
};

// The kept document with every fact of the spec written into it.
std::string print_domain(const DomainSpec& spec, const PrintOptions& options = {});

}  // namespace sluice::model
