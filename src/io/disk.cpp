#include "io/disk.h"

#include "io/quiet_thread.h"

namespace sluice::io {

Disk::Disk(std::size_t threads) {
  const SignalsBlocked inherited;  // by the threads
  pool_.emplace(threads);
}

}  // namespace sluice::io
