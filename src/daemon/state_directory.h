#pragma once
// The directory a daemon keeps its state in: made if it is missing, for nobody else's eyes, and held by one daemon at a
// time.
//
//   StateDirectory state("/var/lib/sluice");            // or the Failure: "another sluiced (process 4711) uses it"
//   open(state.path() + "/sluice.db");

#include <sys/types.h>

#include <string>

#include "io/fd.h"

namespace sluice::daemon {

class StateDirectory {
 public:
  explicit StateDirectory(std::string path);
  const std::string& path() const { return path_; }  // absolute
  void leave() { lock_.reset(); }                    // to another daemon

 private:
  std::string path_;
  io::Fd lock_;  // the kernel lets go of it when our last thread is gone, however that happens
};

// Makes `path` and what is missing above it. An existing directory is left as it is.
void make_directories(const std::string& path, mode_t mode);

}  // namespace sluice::daemon
