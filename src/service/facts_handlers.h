#pragma once
// What is to be known about one machine.

#include "remote/domain.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class FactsHandlers {
 public:
  using Served = Procedures<remote::DomainGetXmlDesc, remote::DomainGetInfo, remote::DomainGetState,
                            remote::DomainGetOsType, remote::DomainGetMaxMemory, remote::DomainGetMaxVcpus,
                            remote::DomainGetVcpusFlags, remote::DomainGetAutostart, remote::DomainIsActive,
                            remote::DomainIsPersistent, remote::DomainIsUpdated, remote::DomainHasManagedSaveImage,
                            remote::DomainSnapshotNum, remote::DomainListAllSnapshots, remote::DomainGetMetadata,
                            remote::DomainGetControlInfo, remote::DomainGetSecurityLabel>;

  explicit FactsHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::DomainGetXmlDesc::Reply> operator()(Call<remote::DomainGetXmlDesc>& call);
  Task<remote::DomainGetInfo::Reply> operator()(Call<remote::DomainGetInfo>& call);
  Task<remote::DomainGetState::Reply> operator()(Call<remote::DomainGetState>& call);
  Task<remote::DomainGetOsType::Reply> operator()(Call<remote::DomainGetOsType>& call);
  Task<remote::DomainGetMaxMemory::Reply> operator()(Call<remote::DomainGetMaxMemory>& call);
  Task<remote::DomainGetMaxVcpus::Reply> operator()(Call<remote::DomainGetMaxVcpus>& call);
  Task<remote::DomainGetVcpusFlags::Reply> operator()(Call<remote::DomainGetVcpusFlags>& call);
  Task<remote::DomainGetAutostart::Reply> operator()(Call<remote::DomainGetAutostart>& call);
  Task<remote::DomainIsActive::Reply> operator()(Call<remote::DomainIsActive>& call);
  Task<remote::DomainIsPersistent::Reply> operator()(Call<remote::DomainIsPersistent>& call);
  Task<remote::DomainIsUpdated::Reply> operator()(Call<remote::DomainIsUpdated>& call);
  Task<remote::DomainHasManagedSaveImage::Reply> operator()(Call<remote::DomainHasManagedSaveImage>& call);
  Task<remote::DomainSnapshotNum::Reply> operator()(Call<remote::DomainSnapshotNum>& call);
  Task<remote::DomainListAllSnapshots::Reply> operator()(Call<remote::DomainListAllSnapshots>& call);
  Task<remote::DomainGetMetadata::Reply> operator()(Call<remote::DomainGetMetadata>& call);
  Task<remote::DomainGetControlInfo::Reply> operator()(Call<remote::DomainGetControlInfo>& call);
  Task<remote::DomainGetSecurityLabel::Reply> operator()(Call<remote::DomainGetSecurityLabel>& call);

 private:
  Task<driver::MachineInfo> info_of(remote::DomainRef dom);

  World& world_;
};

}  // namespace sluice::service
