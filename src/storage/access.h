#pragma once
// A volume somebody works on: the directory it is in, and the right to do so until the last copy of this dies. Work on
// the disk captures it as `[access = access]`: a plain copy of what is const could not be moved on, and a copy would be
// left on the disk's thread for a moment when the work is known to be over.

#include <memory>
#include <string>

#include "driver/ground.h"
#include "storage/house.h"
#include "storage/place.h"

namespace sluice::storage {

struct Access {
  std::shared_ptr<const Place> place;
  driver::Held volume;

  const std::string& name() const { return volume.name; }
  std::string key() const { return place->path_of(volume.name); }
  std::string quoted() const { return volume.quoted(); }
  io::Fd open(int flags) const {  // blocks
    io::Fd file = place->file(volume.name, flags);
    if (!file) io::fail(Code::no_storage_vol, "there is no " + quoted(), ErrorDomain::storage);
    return file;
  }
};

}  // namespace sluice::storage
