#include "service/service.h"

#include "remote/extension.h"
#include "remote/remote.h"
#include "service/connection.h"
#include "service/empty_list_handlers.h"
#include "service/event_handlers.h"
#include "service/extension_handlers.h"
#include "service/facts_handlers.h"
#include "service/job_handlers.h"
#include "service/life_handlers.h"
#include "service/list_handlers.h"
#include "service/node_handlers.h"
#include "service/pool_event_handlers.h"
#include "service/pool_handlers.h"
#include "service/stream_handlers.h"
#include "service/volume_handlers.h"

namespace sluice::service {
namespace {

// What a daemon sends and never receives, and what the session answers by itself.
using Unasked = Procedures<remote::DomainEventCallbackLifecycle, remote::DomainEventCallbackReboot,
                           remote::StoragePoolEventLifecycle, remote::StoragePoolEventRefresh, remote::Hello,
                           remote::Window, remote::StreamReport, remote::Weight>;

template <class P, class... Groups>
constexpr int times_served = (0 + ... + (Groups::Served::template has<P> ? 1 : 0));

template <class Program, class... Groups>
constexpr bool each_is_served_once() {
  bool all = true;
  Program::for_each([&]<class P>() {
    if (!Unasked::has<P> && times_served<P, Groups...> != 1) all = false;
  });
  return all;
}

static_assert(each_is_served_once<remote::Remote, ConnectHandlers, AuthHandlers, NodeHandlers, ListHandlers,
                                  LifeHandlers, FactsHandlers, JobHandlers, EventHandlers, PoolHandlers, VolumeHandlers,
                                  PoolEventHandlers, EmptyListHandlers>(),
              "a procedure of the remote program has one handler");
static_assert(each_is_served_once<remote::Extension, ExtensionHandlers, StreamHandlers>(),
              "a procedure of the extension has one handler");

// The handlers of one connection. They stand in the order in which they need each other.
struct Handlers {
  Handlers(driver::Host& host, io::Disk& disk, io::Clock& clock, Streams& streams, Connection& connection)
      : world{.host = host, .disk = disk, .clock = clock, .client = connection.client()},
        events(world, connection),
        pool_events(world, connection),
        stream(world, streams, connection) {
    for (const Group& group : {node.group(), list.group(), life.group(), facts.group(), job.group(), events.group(),
                               pool.group(), volume.group(), pool_events.group(), empty.group()}) {
      connection.add(group);
    }
    connection.add(serve_groups(remote::Extension::info(), {extension.group(), stream.group()}));
  }

  World world;
  NodeHandlers node{world};
  ListHandlers list{world};
  LifeHandlers life{world};
  FactsHandlers facts{world};
  JobHandlers job{world};
  EventHandlers events;
  PoolHandlers pool{world};
  VolumeHandlers volume{world};
  PoolEventHandlers pool_events;
  EmptyListHandlers empty;
  ExtensionHandlers extension{world};
  StreamHandlers stream;
};

}  // namespace

Service::Service(driver::Host& host, io::Disk& disk, io::Clock& clock, ServiceOptions options)
    : host_(host), disk_(disk), clock_(clock), options_(std::move(options)) {}

io::Task<Error> Service::serve(std::unique_ptr<io::Transport> transport, Admission admission) {
  Connection connection({.role_of = std::move(admission.role),
                         .default_uri = options_.default_uri,
                         .software = options_.software,
                         .ping_interval = options_.ping_interval,
                         .budget = &budget_,
                         .streams = &streams_,
                         .census = &census_,
                         .login = std::move(admission.login),
                         .known = std::move(admission.known)},
                        clock_);
  Handlers handlers(host_, disk_, clock_, streams_, connection);
  co_return co_await connection.serve(std::move(transport));
}

}  // namespace sluice::service
