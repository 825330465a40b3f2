#pragma once
// The bytes of volumes that come from and go to a client. They stay on the caller's executor and the disk's threads.

#include "driver/let_go.h"
#include "storage/access.h"

namespace sluice::storage {

io::Task<> upload_to(const PoolDisk& disk, Access access, driver::Range range, io::Source& from, driver::Job& job,
                     driver::LetGo& writes);
io::Task<> download_from(std::shared_ptr<const PoolDisk> disk, Access access, driver::Range range, io::Sink& to,
                         driver::Job& job);

}  // namespace sluice::storage
