#pragma once
// Lists of what there is none of. Clients ask for them when they start.

#include "remote/empty_lists.h"
#include "service/group.h"

namespace sluice::service {

class EmptyListHandlers {
 public:
  using Served =
      Procedures<remote::ConnectListAllNetworks, remote::ConnectListAllInterfaces, remote::ConnectListAllNodeDevices,
                 remote::ConnectListAllNwfilters, remote::ConnectListAllSecrets>;
  Group group();

  template <class P>
  Task<typename P::Reply> operator()(Call<P>&) {
    co_return typename P::Reply{};
  }
};

}  // namespace sluice::service
