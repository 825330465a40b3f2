#pragma once
// Who is let in: the calls with which a client shows who he is, before all others. One attempt for a connection: who
// fails is told so, and nothing else, and the connection ends.

#include "remote/connect.h"
#include "service/client.h"
#include "service/group.h"
#include "service/login.h"
#include "session/auth_state.h"

namespace sluice::service {

class AuthHandlers {
 public:
  using Served = Procedures<remote::AuthList, remote::AuthSaslInit, remote::AuthSaslStart, remote::AuthSaslStep,
                            remote::AuthPolkit>;

  explicit AuthHandlers(Client& client) : client_(client) {}
  Group group();

  // Before the first call: he has to. `known` is called when it is shown who he is.
  void ask(std::unique_ptr<Login> login, std::function<void()> known);

  Task<remote::AuthList::Reply> operator()(Call<remote::AuthList>& call);
  Task<remote::AuthSaslInit::Reply> operator()(Call<remote::AuthSaslInit>& call);
  Task<remote::AuthSaslStart::Reply> operator()(Call<remote::AuthSaslStart>& call);
  Task<remote::AuthSaslStep::Reply> operator()(Call<remote::AuthSaslStep>& call);
  Task<remote::AuthPolkit::Reply> operator()(Call<remote::AuthPolkit>& call);

 private:
  using State = session::AuthState;
  using Input = session::AuthInput;

  void advance(Input input);  // throws the refusal
  template <class Ask>
  auto attempt(Ask ask) -> std::invoke_result_t<Ask>;
  template <class Reply>
  Reply told(const LoginStep& step);
  void let_in();

  Client& client_;
  std::unique_ptr<Login> login_;
  std::function<void()> known_;
  State state_ = State::fresh;
};

}  // namespace sluice::service
