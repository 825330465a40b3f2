#pragma once
// Which machines there are: lists and lookups.

#include "remote/domain.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class ListHandlers {
 public:
  using Served =
      Procedures<remote::ConnectListAllDomains, remote::ConnectNumOfDomains, remote::ConnectNumOfDefinedDomains,
                 remote::ConnectListDomains, remote::ConnectListDefinedDomains, remote::DomainLookupById,
                 remote::DomainLookupByName, remote::DomainLookupByUuid>;

  explicit ListHandlers(World& world) : world_(world) {}
  Group group();

  Task<remote::ConnectListAllDomains::Reply> operator()(Call<remote::ConnectListAllDomains>& call);
  Task<remote::ConnectNumOfDomains::Reply> operator()(Call<remote::ConnectNumOfDomains>& call);
  Task<remote::ConnectNumOfDefinedDomains::Reply> operator()(Call<remote::ConnectNumOfDefinedDomains>& call);
  Task<remote::ConnectListDomains::Reply> operator()(Call<remote::ConnectListDomains>& call);
  Task<remote::ConnectListDefinedDomains::Reply> operator()(Call<remote::ConnectListDefinedDomains>& call);
  Task<remote::DomainLookupById::Reply> operator()(Call<remote::DomainLookupById>& call);
  Task<remote::DomainLookupByName::Reply> operator()(Call<remote::DomainLookupByName>& call);
  Task<remote::DomainLookupByUuid::Reply> operator()(Call<remote::DomainLookupByUuid>& call);

 private:
  // The machines these flags let through, by name. A machine that goes while we ask is left out.
  Task<std::vector<driver::MachineRef>> listed(std::uint32_t flags);
  Task<bool> matches(driver::Machine& machine, std::uint32_t flags);

  World& world_;
};

}  // namespace sluice::service
