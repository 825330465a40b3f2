#pragma once
// A Draft is a file on its way to become a volume: it has a name that nobody sees as a volume's until it is whole, and
// is gone if it never is. All but its end blocks.
//
//   auto draft = std::make_shared<Draft>(disk, place);
//   ... draft->file() ...
//   draft->complete(permissions);
//   draft->publish("web1.raw");

#include <memory>
#include <string>

#include "io/disk.h"
#include "model/permissions.h"
#include "storage/place.h"

namespace sluice::storage {

class Draft {
 public:
  Draft(io::Disk& disk, std::shared_ptr<const Place> place);
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft();

  const Place& place() const { return *place_; }
  const std::string& name() const { return name_; }
  const io::Fd& file() const { return file_; }

  void complete(const model::Permissions& permissions) const;  // every byte is on the disk
  void publish(const std::string& volume);                     // Code::storage_vol_exist if there is one

 private:
  io::Disk& disk_;
  const std::shared_ptr<const Place> place_;
  std::string name_;  // empty: it is a volume now
  io::Fd file_;
};

}  // namespace sluice::storage
