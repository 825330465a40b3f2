#pragma once
// A service on the in-memory host with one client, over a transport in memory.
//
//   with_service([](Bed& bed) -> Task<> {
//     co_await bed.open();
//     auto dom = (co_await bed.call(DomainDefineXml{.xml = definition("web1")})).dom;  ...
//   });

#include <gtest/gtest.h>

#include <filesystem>

#include "driver/memory_host.h"
#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"
#include "link/link.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "service/node_facts.h"
#include "service/service.h"

namespace sluice::service {

using io::Task;
using namespace remote;

// A client knows all programs it hears events of.
inline constexpr std::array client_programs{Remote::info(), Extension::info()};

inline std::string definition(const std::string& name) {
  return "<domain type='test'><name>" + name +
         "</name><memory unit='MiB'>16</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>"
         "<devices><console type='pty'/></devices></domain>";
}

// What a task failed with.
template <class T>
Task<Error> failure_of(Task<T> task) {
  std::exception_ptr failed;
  try {
    co_await std::move(task);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return Error{.code = Code::ok, .message = "it did not fail"};
  co_return io::reason(failed);
}

// The in-memory host with disks that a test made.
class HostWithStorage final : public driver::Host {
 public:
  HostWithStorage(driver::Host& host, driver::Storage* storage) : host_(host), storage_(storage) {}
  using Machine = std::shared_ptr<driver::Machine>;
  Task<driver::HostFacts> facts() override { return host_.facts(); }
  Task<Machine> define(std::string xml) override { return host_.define(std::move(xml)); }
  Task<Machine> create(std::string xml, driver::StartOptions options) override {
    return host_.create(std::move(xml), options);
  }
  Task<std::vector<Machine>> machines() override { return host_.machines(); }
  Task<Machine> find(Uuid uuid) override { return host_.find(uuid); }
  Task<Machine> find(std::string name) override { return host_.find(std::move(name)); }
  Task<Machine> find(std::int32_t id) override { return host_.find(id); }
  Task<Machine> restore(io::Source& from, driver::RestoreOptions options, driver::Job& job) override {
    return host_.restore(from, std::move(options), job);
  }
  std::shared_ptr<void> watch(std::function<void(const driver::LifecycleEvent&)> told) override {
    return host_.watch(std::move(told));
  }
  driver::Storage* storage() override { return storage_; }
  Task<> close() override { return host_.close(); }

 private:
  driver::Host& host_;
  driver::Storage* storage_;
};

struct Bed {
  driver::MemoryHost& host;
  Service& service;
  io::Clock& clock;
  link::Link client;
  std::vector<DomainEventCallbackLifecycle> lifecycle = {};
  std::vector<remote::StreamReport> reports = {};

  template <class P>
  Task<typename P::Reply> call(P fields) {
    constexpr bool ours = Extension::has<P>;
    const Buffer reply = co_await client.call(ours ? Extension::number : Remote::number, P::proc, xdr::encode(fields));
    co_return io::or_throw(xdr::decode<typename P::Reply>(reply));
  }
  template <class P>
  Task<Error> failure(P fields) {
    return failure_of(call(std::move(fields)));
  }
  template <class P>
  Task<std::unique_ptr<link::Outgoing>> stream(P fields, link::OpenOptions options = {}) {
    constexpr bool ours = Extension::has<P>;
    co_return co_await client.open(ours ? Extension::number : Remote::number, P::proc, xdr::encode(fields), options);
  }
  Task<> open(std::uint32_t flags = 0) { co_await call(ConnectOpen{.name = "test:///default", .flags = flags}); }
  Task<DomainRef> named(std::string name) {
    auto reply = co_await call(DomainLookupByName{.name = std::move(name)});
    co_return std::move(reply.dom);
  }
  template <class True>
  Task<> until(True is) {  // something that other tasks and threads bring about
    const io::Executor executor = co_await asio::this_coro::executor;
    asio::steady_timer turn(executor);
    while (!is()) {
      turn.expires_after(std::chrono::milliseconds(1));
      co_await turn.async_wait(asio::use_awaitable);
    }
  }
};

struct BedOptions {
  bool default_machine = false;
  Role role = Role::admin;
  bool extended = false;  // says hello
  NewLogin login = {};    // clients must show who they are
  std::function<Role(const io::Identity&)> role_of = {};
  bool own_loop = false;  // the host lives on another thread
  driver::Storage* storage = nullptr;
};

// A client of the service as long as `body` runs; the daemon's end lives on `there`.
template <class Body>
Task<> with_client(Service& service, driver::MemoryHost& host, io::Clock& clock, io::Executor there, BedOptions options,
                   Body body) {
  const io::Executor here = co_await asio::this_coro::executor;
  auto [a, b] = io::memory_transports(here, there);
  Bed bed{.host = host,
          .service = service,
          .clock = clock,
          .client = link::Link(here, std::move(a),
                               session::Session(session::Side::client, {.programs = client_programs}), clock)};
  bed.client.on_event([&bed](const session::Notified& event) {
    if (event.program == Extension::number && event.procedure == remote::StreamReport::proc.number) {
      bed.reports.push_back(io::or_throw(xdr::decode<remote::StreamReport>(event.fields)));
    }
    if (event.program != Remote::number || event.procedure != DomainEventCallbackLifecycle::proc.number) return;
    bed.lifecycle.push_back(io::or_throw(xdr::decode<DomainEventCallbackLifecycle>(event.fields)));
  });
  auto serving = [&service, &options, carrier = std::move(b)]() mutable {
    return service.serve(std::move(carrier), {.role = options.role_of ? options.role_of : anybody_is(options.role),
                                              .login = options.login});
  };
  auto serve = [&]() -> Task<> { static_cast<void>(co_await io::on(there, std::move(serving))); };
  auto run = [&]() -> Task<> { static_cast<void>(co_await bed.client.run(nullptr)); };
  auto inside = [&](io::Scope& scope) -> Task<> {
    scope.spawn(serve());
    scope.spawn(run());
    if (options.extended) co_await bed.client.hello();
    co_await body(bed);
    bed.client.close({.code = Code::ok, .message = "the test is over"});
    co_await scope.join();
  };
  co_await io::scoped(inside);
}

template <class Body>
void with_service(Body body, const BedOptions& options = {}) {
  io::Loops loops(options.own_loop ? 2 : 1);
  io::Disk disk;
  io::SteadyClock clock;
  const io::Executor host_executor = loops.at(loops.size() - 1);
  const std::unique_ptr<driver::MemoryHost> host = options.default_machine
                                                       ? driver::MemoryHost::with_default_machine(host_executor, clock)
                                                       : std::make_unique<driver::MemoryHost>(host_executor, clock);
  HostWithStorage served(*host, options.storage);
  Service service(served, disk, clock, {.default_uri = "test:///default"});
  auto all = [&] {
    auto work = [&] { return with_client(service, *host, clock, loops.at(0), options, body); };
    return io::finally(std::move(work), [&] { return host->close(); });
  };
  io::run_on(loops.at(0), all());
}

}  // namespace sluice::service
