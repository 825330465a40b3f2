#pragma once
// What the host and the computer under it are: type, version, capabilities, memory, processors.

#include "remote/connect.h"
#include "remote/domain.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class NodeHandlers {
 public:
  using Served = Procedures<remote::ConnectGetType, remote::ConnectGetVersion, remote::ConnectGetMaxVcpus,
                            remote::NodeGetInfo, remote::ConnectGetCapabilities, remote::ConnectGetDomainCapabilities,
                            remote::NodeGetFreeMemory, remote::ConnectGetSysinfo, remote::NodeGetSecurityModel>;

  explicit NodeHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::ConnectGetType::Reply> operator()(Call<remote::ConnectGetType>& call);
  Task<remote::ConnectGetVersion::Reply> operator()(Call<remote::ConnectGetVersion>& call);
  Task<remote::ConnectGetMaxVcpus::Reply> operator()(Call<remote::ConnectGetMaxVcpus>& call);
  Task<remote::NodeGetInfo::Reply> operator()(Call<remote::NodeGetInfo>& call);
  Task<remote::ConnectGetCapabilities::Reply> operator()(Call<remote::ConnectGetCapabilities>& call);
  Task<remote::ConnectGetDomainCapabilities::Reply> operator()(Call<remote::ConnectGetDomainCapabilities>& call);
  Task<remote::NodeGetFreeMemory::Reply> operator()(Call<remote::NodeGetFreeMemory>& call);
  Task<remote::ConnectGetSysinfo::Reply> operator()(Call<remote::ConnectGetSysinfo>& call);
  Task<remote::NodeGetSecurityModel::Reply> operator()(Call<remote::NodeGetSecurityModel>& call);

 private:
  World& world_;
};

}  // namespace sluice::service
