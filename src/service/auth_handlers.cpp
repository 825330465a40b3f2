#include "service/auth_handlers.h"

#include "base/assert.h"

namespace sluice::service {
namespace {

constexpr std::int32_t auth_none = 0, auth_sasl = 1;

}  // namespace

Group AuthHandlers::group() { return group_of(*this); }

void AuthHandlers::ask(std::unique_ptr<Login> login, std::function<void()> known) {
  ensure(state_ == State::fresh, "a client is asked before he calls");
  login_ = std::move(login);
  known_ = std::move(known);
}

// The reason is the same for everybody: what is known of the attempt is for the daemon's log.
void AuthHandlers::advance(Input input) {
  using Do = session::AuthAction;
  const auto* const row = login_ ? step(session::auth_table::rows, state_, input) : nullptr;
  ensure(!login_ || row != nullptr, "there is an answer to every call, and an outcome of what is asked");
  if (row != nullptr) state_ = row->to;
  if (row != nullptr && row->action != Do::refuse) return;
  client_.refused = login_ && state_ != State::known;
  io::fail(Code::auth_failed, "authentication failed", ErrorDomain::rpc);
}

template <class Ask>
auto AuthHandlers::attempt(Ask ask) -> std::invoke_result_t<Ask> {
  std::exception_ptr failed;
  std::optional<typename std::invoke_result_t<Ask>::value_type> given;
  try {
    given = co_await ask();
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed && io::reason(failed).code == Code::operation_aborted) std::rethrow_exception(failed);
  if (failed) advance(Input::fails);
  co_return std::move(*given);
}

template <class Reply>
Reply AuthHandlers::told(const LoginStep& step) {
  advance(step.complete ? Input::complete : Input::goes_on);
  if (step.complete) let_in();
  Reply reply{.complete = step.complete ? 1 : 0};
  remote::set_sasl_data(reply, step.data);
  return reply;
}

void AuthHandlers::let_in() {
  client_.identity.user = login_->user();
  if (known_) known_();
}

Task<remote::AuthList::Reply> AuthHandlers::operator()(Call<remote::AuthList>&) {
  co_return remote::AuthList::Reply{.types = {{login_ ? auth_sasl : auth_none}}};
}

Task<remote::AuthSaslInit::Reply> AuthHandlers::operator()(Call<remote::AuthSaslInit>&) {
  advance(Input::init);
  const auto ask = [this] { return login_->mechanisms(); };
  std::string offer = co_await attempt(ask);
  advance(Input::listed);
  co_return remote::AuthSaslInit::Reply{.mechlist = std::move(offer)};
}

Task<remote::AuthSaslStart::Reply> AuthHandlers::operator()(Call<remote::AuthSaslStart>& call) {
  advance(Input::start);
  const auto ask = [this, &call] { return login_->start(call->mech, remote::sasl_data_of(*call)); };
  const LoginStep step = co_await attempt(ask);
  co_return told<remote::AuthSaslStart::Reply>(step);
}

Task<remote::AuthSaslStep::Reply> AuthHandlers::operator()(Call<remote::AuthSaslStep>& call) {
  advance(Input::step);
  const auto ask = [this, &call] { return login_->step(remote::sasl_data_of(*call)); };
  const LoginStep step = co_await attempt(ask);
  co_return told<remote::AuthSaslStep::Reply>(step);
}

// Nobody has to ask polkit: on sockets the kernel vouches for who comes. Where he has to log in it is out of turn.
Task<remote::AuthPolkit::Reply> AuthHandlers::operator()(Call<remote::AuthPolkit>&) {
  advance(Input::polkit);
  co_return remote::AuthPolkit::Reply{};
}

}  // namespace sluice::service
