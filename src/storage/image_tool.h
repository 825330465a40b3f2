#pragma once
// qemu-img, which knows the formats that we only recognise. It reads what strangers wrote, so it gets little memory
// and time, and is killed when nobody waits for it any more, or when it has done nothing for as long as a disk may take
// to answer.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "model/volume.h"
#include "storage/access.h"

namespace sluice::storage {

struct ImageWork {
  std::string what;                    // "cannot create volume 'a' of storage pool 'p'", for messages
  std::vector<std::string> arguments;  // behind the name of the program
  std::string path;                    // of the volume, for messages
  std::chrono::seconds cpu_time{30};   // for what does not depend on the image's size
  std::shared_ptr<void> held;          // until the process is over, which a disk may delay
};

// Runs it in the directory of the pool. Its complaint is in the Failure.
io::Task<> run_image_tool(const PoolDisk& disk, std::shared_ptr<const Place> place, ImageWork work);

// A file of that directory as an argument: neither an option nor, with a colon in it, a protocol.
inline std::string local(const std::string& name) { return "./" + name; }

std::string word_of(model::VolumeFormat format);

}  // namespace sluice::storage
