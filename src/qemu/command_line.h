#pragma once
// The command line of a machine's QEMU: a pure function of the definition and of what was opened for this start, so
// that it can be compared with golden lists, and so that the same definition always builds the same machine. The order
// of devices decides where QEMU places them; it is part of what a saved state relies on and must not change.
//
//   Result<std::vector<std::string>> words = command_line(spec, supplies);     // without the program's own name
//
// QEMU gets open descriptors instead of paths wherever it takes them: it runs as a user who may not see the files, and
// a path could be exchanged between our look and its.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/domain.h"

namespace sluice::qemu {

// The host's end of a serial line, console or channel.
struct CharacterSupply {
  int socket = -1;  // listening (or connected, if the source connects)
  int file = -1;    // opened for writing only, as QEMU will ask for it
  int log = -1;     // likewise
};

// What was opened for one start. Vectors go by the index of the device in the definition.
struct Supplies {
  int monitor = -1;                     // listening unix socket
  bool incoming = false;                // waits for a machine's state
  std::vector<std::vector<int>> disks;  // one or two descriptors: read-only and, unless the disk is, read-write
  std::vector<int> taps;                // -1 for interfaces that need none
  std::vector<CharacterSupply> serials, consoles, channels;
  std::string kernel, initrd;  // where QEMU finds them: "/dev/fd/12"
};

// The serial lines: those of the definition, or the one that its first serial console stands for.
std::vector<model::Serial> serial_lines(const model::DomainSpec& spec);
// Whether that console is only another name of the first serial line.
bool is_serial_alias(const model::Console& console);

// The names QEMU's answers and our command line use for the character devices.
std::string serial_label(std::size_t index);
std::string console_label(std::size_t index);
std::string channel_label(std::size_t index);

// Fails with Code::config_unsupported where a definition asks for what cannot be built.
Result<std::vector<std::string>> command_line(const model::DomainSpec& spec, const Supplies& supplies);

}  // namespace sluice::qemu
