#include "link/request.h"

namespace sluice::link {

Request::Request(Core& core, const CallId& id) : core_(&core), id_(id) { core.enter(id_, *this); }

Request::~Request() {
  if (core_ != nullptr) core_->forget(id_);  // the reply will find nobody
}

Task<Buffer> Request::reply() {
  co_await answered_.until([this] { return outcome_.has_value(); });
  co_return io::or_throw(std::move(*outcome_));
}

void Request::replied(Result<Buffer> outcome) {
  if (!outcome_) outcome_ = std::move(outcome);
  answered_.notify();
}

void Request::failed(const Error& why) { replied(std::unexpected(why)); }

void Request::lost(const Error& why) {
  core_ = nullptr;
  failed(why);
}

}  // namespace sluice::link
