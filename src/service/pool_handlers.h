#pragma once
// Storage pools: which there are, what they are, and their life. A host without storage has none: its lists are empty,
// everything else says so.

#include "remote/storage.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class PoolHandlers {
 public:
  using Served =
      Procedures<remote::ConnectListAllStoragePools, remote::ConnectNumOfStoragePools, remote::ConnectListStoragePools,
                 remote::ConnectNumOfDefinedStoragePools, remote::ConnectListDefinedStoragePools,
                 remote::ConnectGetStoragePoolCapabilities, remote::StoragePoolLookupByName,
                 remote::StoragePoolLookupByUuid, remote::StoragePoolLookupByVolume,
                 remote::StoragePoolLookupByTargetPath, remote::StoragePoolDefineXml, remote::StoragePoolCreateXml,
                 remote::StoragePoolBuild, remote::StoragePoolCreate, remote::StoragePoolDestroy,
                 remote::StoragePoolRefresh, remote::StoragePoolDelete, remote::StoragePoolUndefine,
                 remote::StoragePoolGetInfo, remote::StoragePoolGetXmlDesc, remote::StoragePoolGetAutostart,
                 remote::StoragePoolSetAutostart, remote::StoragePoolIsActive, remote::StoragePoolIsPersistent>;

  explicit PoolHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::ConnectListAllStoragePools::Reply> operator()(Call<remote::ConnectListAllStoragePools>& call);
  Task<remote::ConnectNumOfStoragePools::Reply> operator()(Call<remote::ConnectNumOfStoragePools>& call);
  Task<remote::ConnectListStoragePools::Reply> operator()(Call<remote::ConnectListStoragePools>& call);
  Task<remote::ConnectNumOfDefinedStoragePools::Reply> operator()(Call<remote::ConnectNumOfDefinedStoragePools>& call);
  Task<remote::ConnectListDefinedStoragePools::Reply> operator()(Call<remote::ConnectListDefinedStoragePools>& call);
  Task<remote::ConnectGetStoragePoolCapabilities::Reply> operator()(
      Call<remote::ConnectGetStoragePoolCapabilities>& call);
  Task<remote::StoragePoolLookupByName::Reply> operator()(Call<remote::StoragePoolLookupByName>& call);
  Task<remote::StoragePoolLookupByUuid::Reply> operator()(Call<remote::StoragePoolLookupByUuid>& call);
  Task<remote::StoragePoolLookupByVolume::Reply> operator()(Call<remote::StoragePoolLookupByVolume>& call);
  Task<remote::StoragePoolLookupByTargetPath::Reply> operator()(Call<remote::StoragePoolLookupByTargetPath>& call);
  Task<remote::StoragePoolDefineXml::Reply> operator()(Call<remote::StoragePoolDefineXml>& call);
  Task<remote::StoragePoolCreateXml::Reply> operator()(Call<remote::StoragePoolCreateXml>& call);
  Task<Void> operator()(Call<remote::StoragePoolBuild>& call);
  Task<Void> operator()(Call<remote::StoragePoolCreate>& call);
  Task<Void> operator()(Call<remote::StoragePoolDestroy>& call);
  Task<Void> operator()(Call<remote::StoragePoolRefresh>& call);
  Task<Void> operator()(Call<remote::StoragePoolDelete>& call);
  Task<Void> operator()(Call<remote::StoragePoolUndefine>& call);
  Task<remote::StoragePoolGetInfo::Reply> operator()(Call<remote::StoragePoolGetInfo>& call);
  Task<remote::StoragePoolGetXmlDesc::Reply> operator()(Call<remote::StoragePoolGetXmlDesc>& call);
  Task<remote::StoragePoolGetAutostart::Reply> operator()(Call<remote::StoragePoolGetAutostart>& call);
  Task<Void> operator()(Call<remote::StoragePoolSetAutostart>& call);
  Task<remote::StoragePoolIsActive::Reply> operator()(Call<remote::StoragePoolIsActive>& call);
  Task<remote::StoragePoolIsPersistent::Reply> operator()(Call<remote::StoragePoolIsPersistent>& call);

 private:
  // The pools these flags let through, by name. A pool that goes while we ask is left out. None without storage.
  Task<std::vector<std::shared_ptr<driver::Pool>>> listed(std::uint32_t flags);
  Task<std::int32_t> count(std::uint32_t flags);
  Task<std::vector<std::string>> names(std::uint32_t flags, std::int32_t wanted);

  World& world_;
};

}  // namespace sluice::service
