#include "service/extension_handlers.h"

#include "service/late_stream.h"
#include "service/save_options.h"

namespace sluice::service {
namespace {

constexpr std::uint32_t running = 1, paused = 2;

}  // namespace

Group ExtensionHandlers::group() { return group_of(*this); }

// The machine is given up only when its state was received: the client's finish is what save waits for at its end.
Task<Void> ExtensionHandlers::operator()(Call<remote::DomainSaveStream>& call) {
  only_flags(call, running | paused);
  const driver::SaveOptions options = save_options(call->params, resume_of(call->flags, running, paused));
  auto machine = co_await machine_of(world_, call->dom);
  LateSink sink(call.incoming());
  driver::Job job(driver::JobKind::save);
  co_await machine->save(sink, options, job);
  co_return Void{};
}

Task<remote::DomainRestoreStream::Result> ExtensionHandlers::operator()(Call<remote::DomainRestoreStream>& call) {
  only_flags(call, running | paused);
  if (!call->params.items.empty()) {
    io::fail(Code::argument_unsupported, "parameter '" + call->params.items.front().field + "' is not supported");
  }
  driver::RestoreOptions options{.resume = resume_of(call->flags, running, paused), .xml = call->xml.value_or("")};
  io::Source& source = call.accept();  // which machine it is stands in the stream
  driver::Job job(driver::JobKind::restore);
  auto machine = co_await world_.host.restore(source, std::move(options), job);
  // It is done: who aborts now is told so, and not that there is no machine.
  co_await asio::this_coro::throw_if_cancelled(false);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainRestoreStream::Result{.dom = std::move(dom)};
}

}  // namespace sluice::service
