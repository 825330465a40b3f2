#pragma once
// The service of machines: a host, reachable through libvirt's remote program and Sluice's extension. The daemon and
// the in-process test:///default are a listener and a client around it.
//
//   Service service(host, disk, clock, {.default_uri = "qemu:///system"});
//   Error why = co_await service.serve(std::move(transport), {.role = anybody_is(Role::admin)});  // one connection, to
//   its end
//
// Connections share nothing but the host and the list of streams. serve may be called on any number of executors; each
// connection stays on its own.

#include <functional>

#include "base/budget.h"
#include "base/limits.h"
#include "driver/host.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/transport.h"
#include "remote/proc.h"
#include "service/census.h"
#include "service/login.h"
#include "service/streams.h"

namespace sluice::service {

// How a client is let in.
struct Admission {
  std::function<remote::Role(const io::Identity&)> role;  // by who he is in the end
  NewLogin login = {};                                    // if he must show who he is
  std::function<void()> known = {};  // called when it is certain that he may do something: at once, or after his login
};

inline std::function<remote::Role(const io::Identity&)> anybody_is(remote::Role role) {
  return [role](const io::Identity&) { return role; };
}

struct ServiceOptions {
  std::string default_uri = "qemu:///system";  // for clients that open without one
  std::string software = "Sluice";
  Duration ping_interval = std::chrono::seconds(5);
};

class Service {
 public:
  // What is given outlives the service, and the service its connections.
  Service(driver::Host& host, io::Disk& disk, io::Clock& clock, ServiceOptions options);

  // On the executor of the transport, until the connection is over and all it began has ended. Says why it ended.
  io::Task<Error> serve(std::unique_ptr<io::Transport> transport, Admission admission);

  // What its connections have counted, and what their windows may promise together.
  const Census& census() const { return census_; }
  const Budget& budget() const { return budget_; }

 private:
  driver::Host& host_;
  io::Disk& disk_;
  io::Clock& clock_;
  ServiceOptions options_;
  Budget budget_{limits::process_budget};
  Streams streams_;
  Census census_;
};

}  // namespace sluice::service
