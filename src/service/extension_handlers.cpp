#include "service/extension_handlers.h"

#include <utility>

#include "model/domain_xml.h"
#include "service/late_stream.h"
#include "service/save_options.h"

namespace sluice::service {
namespace {

constexpr std::uint32_t running = 1, paused = 2;

// Which machine a restore is of stands in its stream, which only the host reads, unless the client says it.
std::string name_in(const std::string& xml) {
  const auto spec = xml.empty() ? Result<model::DomainSpec>(model::DomainSpec{}) : model::parse_domain(xml);
  return spec ? spec->name : "";  // what is wrong with it the host tells
}

}  // namespace

Group ExtensionHandlers::group() { return group_of(*this); }

// The machine is given up only when its state was received: the client's finish is what save waits for at its end.
Task<Void> ExtensionHandlers::operator()(Call<remote::DomainSaveStream>& call) {
  only_flags(call, running | paused);
  driver::SaveOptions options = save_options(call->params, resume_of(call->flags, running, paused));
  auto machine = co_await machine_of(world_, call->dom);
  const driver::MachineRef ref = co_await machine->ref();
  call.incoming().describe({.object = ref.name, .behind = remote::StreamWait::machine});
  // A limit of the stream, which can be changed while it runs; the machine is slowed by the stream.
  call.incoming().limit(std::exchange(options.bandwidth, 0));
  LateSink sink(call.incoming());
  driver::Job job(driver::JobKind::save);
  co_await machine->save(sink, options, job);
  co_return Void{};
}

Task<remote::DomainRestoreStream::Result> ExtensionHandlers::operator()(Call<remote::DomainRestoreStream>& call) {
  only_flags(call, running | paused);
  const std::uint64_t bandwidth = restore_bandwidth(call->params);
  driver::RestoreOptions options{.resume = resume_of(call->flags, running, paused), .xml = call->xml.value_or("")};
  call.incoming().describe({.object = name_in(options.xml), .behind = remote::StreamWait::machine});
  call.incoming().limit(bandwidth);
  io::Source& source = call.accept();  // which machine it is stands in the stream
  driver::Job job(driver::JobKind::restore);
  auto machine = co_await world_.host.restore(source, std::move(options), job);
  // It is done: who aborts now is told so, and not that there is no machine.
  co_await asio::this_coro::throw_if_cancelled(false);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainRestoreStream::Result{.dom = std::move(dom)};
}

}  // namespace sluice::service
