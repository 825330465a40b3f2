#pragma once
// Volumes: listing, finding, making and changing them, and the streams of their bytes.

#include "remote/storage.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class VolumeHandlers {
 public:
  using Served =
      Procedures<remote::StoragePoolNumOfVolumes, remote::StoragePoolListVolumes, remote::StoragePoolListAllVolumes,
                 remote::StorageVolLookupByName, remote::StorageVolLookupByKey, remote::StorageVolLookupByPath,
                 remote::StorageVolCreateXml, remote::StorageVolCreateXmlFrom, remote::StorageVolDelete,
                 remote::StorageVolGetInfo, remote::StorageVolGetInfoFlags, remote::StorageVolGetXmlDesc,
                 remote::StorageVolGetPath, remote::StorageVolResize, remote::StorageVolWipe,
                 remote::StorageVolWipePattern, remote::StorageVolUpload, remote::StorageVolDownload>;

  explicit VolumeHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::StoragePoolNumOfVolumes::Reply> operator()(Call<remote::StoragePoolNumOfVolumes>& call);
  Task<remote::StoragePoolListVolumes::Reply> operator()(Call<remote::StoragePoolListVolumes>& call);
  Task<remote::StoragePoolListAllVolumes::Reply> operator()(Call<remote::StoragePoolListAllVolumes>& call);
  Task<remote::StorageVolLookupByName::Reply> operator()(Call<remote::StorageVolLookupByName>& call);
  Task<remote::StorageVolLookupByKey::Reply> operator()(Call<remote::StorageVolLookupByKey>& call);
  Task<remote::StorageVolLookupByPath::Reply> operator()(Call<remote::StorageVolLookupByPath>& call);
  Task<remote::StorageVolCreateXml::Reply> operator()(Call<remote::StorageVolCreateXml>& call);
  Task<remote::StorageVolCreateXmlFrom::Reply> operator()(Call<remote::StorageVolCreateXmlFrom>& call);
  Task<Void> operator()(Call<remote::StorageVolDelete>& call);
  Task<remote::StorageVolGetInfo::Reply> operator()(Call<remote::StorageVolGetInfo>& call);
  Task<remote::StorageVolGetInfoFlags::Reply> operator()(Call<remote::StorageVolGetInfoFlags>& call);
  Task<remote::StorageVolGetXmlDesc::Reply> operator()(Call<remote::StorageVolGetXmlDesc>& call);
  Task<remote::StorageVolGetPath::Reply> operator()(Call<remote::StorageVolGetPath>& call);
  Task<Void> operator()(Call<remote::StorageVolResize>& call);
  Task<Void> operator()(Call<remote::StorageVolWipe>& call);
  Task<Void> operator()(Call<remote::StorageVolWipePattern>& call);
  Task<Void> operator()(Call<remote::StorageVolUpload>& call);
  Task<Void> operator()(Call<remote::StorageVolDownload>& call);

 private:
  Task<std::vector<driver::VolumeRef>> listed(remote::StoragePoolRef pool);  // by name
  Task<driver::VolumeInfo> info_of(remote::StorageVolRef vol);
  Task<> wipe(remote::StorageVolRef vol);

  World& world_;
};

}  // namespace sluice::service
