#include "service/stream_handlers.h"

#include "service/connection.h"
#include "service/listing.h"

namespace sluice::service {
namespace {

constexpr std::size_t reason_max = 1024;
constexpr std::uint32_t interval_ms_min = 100;

// As a list and, behind it, the weights that are worth telling.
template <class Message>
Message told(std::vector<Listed> all) {
  Message message;
  for (Listed& stream : all) {
    if (stream.weight != remote::Weight::usual) {
      message.weights.items.push_back({.id = stream.info.id, .weight = stream.weight});
    }
    message.streams.items.push_back(std::move(stream.info));
  }
  return message;
}

}  // namespace

Group StreamHandlers::group() { return group_of(*this); }

StreamViewer StreamHandlers::viewer() const {
  return {.user = connection_.stream_user(), .all = world_.client.may(remote::Role::admin)};
}

Task<remote::StreamList::Reply> StreamHandlers::operator()(Call<remote::StreamList>& call) {
  only_flags(call, 0);
  auto reply = told<remote::StreamList::Reply>(co_await streams_.list(viewer()));
  check_count(reply.streams, "streams");
  co_return reply;
}

Task<Void> StreamHandlers::operator()(Call<remote::StreamCancel>& call) {
  if (call->reason.size() > reason_max) {
    io::fail(Code::invalid_arg, "a reason has at most " + std::to_string(reason_max) + " bytes, this one has " +
                                    std::to_string(call->reason.size()));
  }
  co_await streams_.cancel(call->id, viewer(), call->reason);
  co_return Void{};
}

Task<remote::StreamLimit::Reply> StreamHandlers::operator()(Call<remote::StreamLimit>& call) {
  const std::uint64_t effective = co_await streams_.limit(call->id, viewer(), call->bytes_per_second);
  co_return remote::StreamLimit::Reply{.effective = effective};
}

Task<Void> StreamHandlers::operator()(Call<remote::StreamWeight>& call) {
  io::or_throw(remote::Weight::check(call->weight));
  co_await streams_.weigh(call->id, viewer(), call->weight);
  co_return Void{};
}

Task<Void> StreamHandlers::operator()(Call<remote::StreamWatch>& call) {
  if (call->interval_ms < interval_ms_min) {
    io::fail(Code::invalid_arg, "streams are reported every " + std::to_string(interval_ms_min) +
                                    " ms at most, not every " + std::to_string(call->interval_ms));
  }
  if (!watch_) {
    watch_ = std::make_unique<StreamWatch>(streams_, world_.clock);
    auto report = [this](std::vector<Listed> changed) {
      const auto event = told<remote::StreamReport>(std::move(changed));
      connection_.notify(remote::Extension::number, remote::StreamReport::proc, xdr::encode(event));
    };
    auto behind = [this] { return connection_.behind(); };
    connection_.spawn(watch_->run([this] { return viewer(); }, std::move(behind), std::move(report)));
  }
  watch_->begin(std::chrono::milliseconds(call->interval_ms));
  co_return Void{};
}

Task<Void> StreamHandlers::operator()(Call<remote::StreamUnwatch>&) {
  if (watch_) watch_->end();
  co_return Void{};
}

}  // namespace sluice::service
