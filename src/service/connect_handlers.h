#pragma once
// Opening and closing a connection, and what it can do: what every client says before and after its work.
// Knows no host.

#include "remote/connect.h"
#include "service/client.h"
#include "service/group.h"

namespace sluice::service {

class ConnectHandlers {
 public:
  using Served =
      Procedures<remote::ConnectOpen, remote::ConnectClose, remote::ConnectSupportsFeature, remote::ConnectGetUri,
                 remote::ConnectGetHostname, remote::ConnectGetLibVersion, remote::ConnectIsSecure,
                 remote::ConnectRegisterCloseCallback, remote::ConnectUnregisterCloseCallback>;

  ConnectHandlers(Client& client, const std::string& default_uri) : client_(client), default_uri_(default_uri) {}
  Group group();

  Task<Void> operator()(Call<remote::ConnectOpen>& call);
  Task<Void> operator()(Call<remote::ConnectClose>& call);
  Task<remote::ConnectSupportsFeature::Reply> operator()(Call<remote::ConnectSupportsFeature>& call);
  Task<remote::ConnectGetUri::Reply> operator()(Call<remote::ConnectGetUri>& call);
  Task<remote::ConnectGetHostname::Reply> operator()(Call<remote::ConnectGetHostname>& call);
  Task<remote::ConnectGetLibVersion::Reply> operator()(Call<remote::ConnectGetLibVersion>& call);
  Task<remote::ConnectIsSecure::Reply> operator()(Call<remote::ConnectIsSecure>& call);
  Task<Void> operator()(Call<remote::ConnectRegisterCloseCallback>& call);
  Task<Void> operator()(Call<remote::ConnectUnregisterCloseCallback>& call);

 private:
  Client& client_;
  const std::string& default_uri_;
};

// Whether a connection may be opened under this URI (what virsh sends: without server and transport).
bool uri_is_served(std::string_view uri);

}  // namespace sluice::service
