#include "sluice/streams.h"

#include <map>

#include "client/connected.h"
#include "client/saving.h"
#include "client/stream_infos.h"
#include "remote/extension.h"

namespace sluice {
inline namespace v1 {

std::string_view name(StreamDirection direction) {
  switch (direction) {
    case StreamDirection::up: return "up";
    case StreamDirection::down: return "down";
    case StreamDirection::both: return "both";
  }
  return "unknown";
}

std::string_view name(StreamState state) {
  switch (state) {
    case StreamState::opening: return "opening";
    case StreamState::open: return "open";
    case StreamState::finishing: return "finishing";
    case StreamState::aborting: return "aborting";
    case StreamState::over: return "over";
  }
  return "unknown";
}

std::string_view name(StreamWait wait) {
  switch (wait) {
    case StreamWait::nothing: return "nothing";
    case StreamWait::window: return "window";
    case StreamWait::socket: return "socket";
    case StreamWait::disk: return "disk";
    case StreamWait::machine: return "machine";
    case StreamWait::rate: return "rate";
    case StreamWait::budget: return "budget";
  }
  return "unknown";
}

std::vector<StreamInfo> Host::streams() const {
  client::require_extension(*connected_, "list its streams");
  const auto reply = connected_->call(remote::StreamList{});
  return client::infos_of(reply.streams.items, reply.weights.items);
}

void Host::cancel_stream(std::uint64_t id, std::string_view reason) {
  client::require_extension(*connected_, "cancel a stream of another connection");
  connected_->call(remote::StreamCancel{.id = id, .reason = std::string(reason)});
}

std::uint64_t Host::limit_stream(std::uint64_t id, std::uint64_t bytes_per_second) {
  client::require_extension(*connected_, "limit a stream");
  return connected_->call(remote::StreamLimit{.id = id, .bytes_per_second = bytes_per_second}).effective;
}

void Host::weigh_stream(std::uint64_t id, std::uint32_t weight) {
  client::require_extension(*connected_, "weigh a stream");
  client::require_weights(*connected_);
  connected_->call(remote::StreamWeight{.id = id, .weight = weight});
}

std::shared_ptr<void> Host::watch_streams(std::function<void(const StreamReport&)> told,
                                          std::chrono::milliseconds interval) {
  client::require_extension(*connected_, "tell about its streams");
  return connected_->watch(std::move(told), interval);
}

}  // namespace v1

namespace client {
namespace {

// As the programs that this library knows call it.
std::string operation_of(std::uint32_t program, std::int32_t procedure) {
  for (const remote::ProgramInfo& known : {remote::Remote::info(), remote::Extension::info()}) {
    const remote::Proc* const proc = known.number == program ? known.find(procedure) : nullptr;
    if (proc != nullptr) return std::string(proc->name);
  }
  return std::to_string(program) + "/" + std::to_string(procedure);
}

}  // namespace

std::vector<StreamInfo> infos_of(const std::vector<remote::StreamInfo>& streams,
                                 const std::vector<remote::StreamWeighs>& weights) {
  std::map<std::uint64_t, std::uint32_t> weighs;
  for (const auto& [id, weight] : weights) weighs[id] = weight;
  std::vector<StreamInfo> infos;
  infos.reserve(streams.size());
  for (const remote::StreamInfo& stream : streams) {
    infos.push_back(
        {.id = stream.id,
         .session = stream.session,
         .peer = stream.peer,
         .operation = operation_of(stream.program, stream.procedure),
         .object = stream.object,
         .direction = static_cast<StreamDirection>(stream.direction),
         .state = static_cast<StreamState>(stream.state),
         .waits = static_cast<StreamWait>(stream.waits),
         .in = stream.in,
         .out = stream.out,
         .total = stream.total,
         .rate = stream.rate,
         .limit = stream.limit,
         .weight = weighs.contains(stream.id) ? weighs[stream.id] : remote::Weight::usual,
         .window = stream.window,
         .held = stream.held,
         .copied = stream.copied,
         .opened = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(stream.opened_ms))});
  }
  return infos;
}

}  // namespace client
}  // namespace sluice
