#pragma once
// Saving to and restoring from a stream, between two Sluice ends.

#include "remote/extension.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class ExtensionHandlers {
 public:
  using Served = Procedures<remote::DomainSaveStream, remote::DomainRestoreStream>;

  explicit ExtensionHandlers(World& world) : world_(world) {}
  Group group();

  Task<Void> operator()(Call<remote::DomainSaveStream>& call);
  Task<remote::DomainRestoreStream::Result> operator()(Call<remote::DomainRestoreStream>& call);

 private:
  World& world_;
};

}  // namespace sluice::service
