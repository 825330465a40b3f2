#pragma once
// The recorded frames (README.md) as a test reads them; the programs run at the root of the source tree.

#include <string>
#include <vector>

#include "wire/frame.h"

namespace sluice::golden {

struct Recorded {
  std::string file;
  bool to_daemon = false;
  std::string name;  // of the procedure
  wire::Header header;
  Buffer raw;

  Bytes payload() const { return Bytes(raw).subspan(limits::frame_head); }
  std::string place() const;  // for messages: "life-03.bin #7 domain_create"
  std::size_t number = 0;
};

// All frames in the order of index.tsv. Throws std::runtime_error if the files do not fit together.
std::vector<Recorded> recorded();

}  // namespace sluice::golden
