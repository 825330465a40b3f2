#pragma once
// The life of a machine: defined, started, paused, ended, forgotten.

#include "remote/domain.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class LifeHandlers {
 public:
  using Served =
      Procedures<remote::DomainDefineXml, remote::DomainDefineXmlFlags, remote::DomainUndefine,
                 remote::DomainUndefineFlags, remote::DomainCreate, remote::DomainCreateXml,
                 remote::DomainCreateWithFlags, remote::DomainDestroy, remote::DomainDestroyFlags,
                 remote::DomainShutdown, remote::DomainShutdownFlags, remote::DomainReboot, remote::DomainReset,
                 remote::DomainSuspend, remote::DomainResume, remote::DomainSetAutostart>;

  explicit LifeHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::DomainDefineXml::Reply> operator()(Call<remote::DomainDefineXml>& call);
  Task<remote::DomainDefineXmlFlags::Reply> operator()(Call<remote::DomainDefineXmlFlags>& call);
  Task<Void> operator()(Call<remote::DomainUndefine>& call);
  Task<Void> operator()(Call<remote::DomainUndefineFlags>& call);
  Task<Void> operator()(Call<remote::DomainCreate>& call);
  Task<remote::DomainCreateXml::Reply> operator()(Call<remote::DomainCreateXml>& call);
  Task<remote::DomainCreateWithFlags::Reply> operator()(Call<remote::DomainCreateWithFlags>& call);
  Task<Void> operator()(Call<remote::DomainDestroy>& call);
  Task<Void> operator()(Call<remote::DomainDestroyFlags>& call);
  Task<Void> operator()(Call<remote::DomainShutdown>& call);
  Task<Void> operator()(Call<remote::DomainShutdownFlags>& call);
  Task<Void> operator()(Call<remote::DomainReboot>& call);
  Task<Void> operator()(Call<remote::DomainReset>& call);
  Task<Void> operator()(Call<remote::DomainSuspend>& call);
  Task<Void> operator()(Call<remote::DomainResume>& call);
  Task<Void> operator()(Call<remote::DomainSetAutostart>& call);

 private:
  World& world_;
};

}  // namespace sluice::service
