#pragma once
// The remote program of libvirt, as far as Sluice serves it, and the keepalive program. A procedure that is not in this
// list is answered "unknown procedure", which clients turn into "not supported".

#include "remote/connect.h"
#include "remote/domain.h"
#include "remote/domain_event.h"
#include "remote/domain_job.h"
#include "remote/empty_lists.h"
#include "remote/storage.h"
#include "remote/storage_event.h"

namespace sluice::remote {

using Remote =
    Program<0x20008086, 1, ConnectOpen, ConnectClose, ConnectGetType, ConnectGetVersion, ConnectGetMaxVcpus,
            NodeGetInfo, ConnectGetCapabilities, ConnectGetHostname, ConnectSupportsFeature, ConnectGetUri,
            ConnectIsSecure, ConnectGetLibVersion, ConnectGetDomainCapabilities, ConnectRegisterCloseCallback,
            ConnectUnregisterCloseCallback, NodeGetFreeMemory, ConnectGetSysinfo, AuthList, AuthSaslInit, AuthSaslStart,
            AuthSaslStep, AuthPolkit, ConnectListAllDomains, ConnectNumOfDomains, ConnectNumOfDefinedDomains,
            ConnectListDomains, ConnectListDefinedDomains, DomainLookupById, DomainLookupByName, DomainLookupByUuid,
            DomainCreate, DomainCreateXml, DomainCreateWithFlags, DomainDefineXml, DomainDefineXmlFlags, DomainUndefine,
            DomainUndefineFlags, DomainDestroy, DomainDestroyFlags, DomainShutdown, DomainShutdownFlags, DomainReboot,
            DomainReset, DomainSuspend, DomainResume, DomainGetXmlDesc, DomainGetInfo, DomainGetState, DomainGetOsType,
            DomainGetMaxMemory, DomainGetMaxVcpus, DomainGetVcpusFlags, DomainGetAutostart, DomainSetAutostart,
            DomainIsActive, DomainIsPersistent, DomainIsUpdated, DomainHasManagedSaveImage, DomainSnapshotNum,
            DomainListAllSnapshots, DomainGetMetadata, DomainGetControlInfo, DomainGetSecurityLabel,
            NodeGetSecurityModel, DomainSave, DomainSaveFlags, DomainRestore, DomainRestoreFlags,
            DomainSaveImageGetXmlDesc, DomainGetJobInfo, DomainGetJobStats, DomainAbortJob, DomainOpenConsole,
            ConnectDomainEventCallbackRegisterAny, ConnectDomainEventCallbackDeregisterAny,
            DomainEventCallbackLifecycle, DomainEventCallbackReboot, ConnectListAllNetworks, ConnectListAllInterfaces,
            ConnectListAllNodeDevices, ConnectListAllNwfilters, ConnectListAllSecrets, ConnectListAllStoragePools,
            ConnectNumOfStoragePools, ConnectListStoragePools, ConnectNumOfDefinedStoragePools,
            ConnectListDefinedStoragePools, ConnectGetStoragePoolCapabilities, StoragePoolLookupByName,
            StoragePoolLookupByUuid, StoragePoolLookupByVolume, StoragePoolLookupByTargetPath, StoragePoolDefineXml,
            StoragePoolCreateXml, StoragePoolBuild, StoragePoolCreate, StoragePoolDestroy, StoragePoolRefresh,
            StoragePoolDelete, StoragePoolUndefine, StoragePoolGetInfo, StoragePoolGetXmlDesc, StoragePoolGetAutostart,
            StoragePoolSetAutostart, StoragePoolIsActive, StoragePoolIsPersistent, StoragePoolNumOfVolumes,
            StoragePoolListVolumes, StoragePoolListAllVolumes, StorageVolLookupByName, StorageVolLookupByKey,
            StorageVolLookupByPath, StorageVolCreateXml, StorageVolCreateXmlFrom, StorageVolDelete, StorageVolGetInfo,
            StorageVolGetInfoFlags, StorageVolGetXmlDesc, StorageVolGetPath, StorageVolResize, StorageVolWipe,
            StorageVolWipePattern, StorageVolUpload, StorageVolDownload, ConnectStoragePoolEventRegisterAny,
            ConnectStoragePoolEventDeregisterAny, StoragePoolEventLifecycle, StoragePoolEventRefresh>;

inline constexpr std::uint32_t keepalive_program = 0x6b656570;
inline constexpr std::int32_t keepalive_ping = 1;
inline constexpr std::int32_t keepalive_pong = 2;

}  // namespace sluice::remote
