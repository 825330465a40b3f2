#include "client/login.h"

#include <algorithm>
#include <mutex>

#include "client/auth_file.h"
#include "remote/sasl_fields.h"
#include "secure/sasl.h"

namespace sluice::client {
namespace {

using io::Task;

// Others are too weak, or would let a daemon that is none learn the password. PLAIN is used over TLS alone.
const std::vector<std::string>& mechanisms() {
  static const std::vector<std::string> names{"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"};
  return names;
}

// Cyrus' locks belong to the process we are in, not to us.
std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end > at) names.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

template <class Do>
auto locked(Do once) {
  const std::lock_guard lock(one_at_a_time());
  return io::or_throw(once());
}

// Lives on threads of the disk, one after the other. It is shared with the one it is on.
class Attempt {
 public:
  explicit Attempt(LoginOptions options) : options_(std::move(options)) {}

  secure::SaslClient::Start start(const std::vector<std::string>& offered) {
    if (const auto path = auth_file(options_.auth_file, auth_places())) file_ = AuthFile::read(*path);
    const secure::SaslClient::Options how{
        .host = options_.host, .mechanisms = mechanisms(), .strength = options_.strength};
    client_ = locked([&how] { return secure::SaslClient::make(how); });
    for (;;) {
      auto started = locked([&] { return client_->start(offered); });
      if (started.step.asked.empty()) return started;
      answer(started.step.asked);
    }
  }

  secure::SaslStep step(const secure::SaslData& data) {
    for (;;) {
      auto step = locked([&] { return client_->step(data); });
      if (step.asked.empty()) return step;
      answer(step.asked);
    }
  }

 private:
  void answer(const std::vector<secure::SaslQuestion>& questions) {
    const auto is_name = [](secure::SaslQuestion question) { return question == secure::SaslQuestion::user; };
    if (std::ranges::any_of(questions, is_name)) {
      user_ = known(Question::What::user);
      client_->answer(secure::SaslQuestion::user, user_);
    }
    if (!std::ranges::all_of(questions, is_name)) {
      client_->answer(secure::SaslQuestion::password, known(Question::What::password));
    }
  }

  std::string known(Question::What what) {
    const bool name = what == Question::What::user;
    std::optional<std::string> answer;
    if (file_) answer = name ? file_->user(options_.host) : file_->password(options_.host);
    if (!answer && options_.ask) answer = options_.ask({.what = what, .host = options_.host, .user = user_});
    if (answer) return *answer;
    io::fail(Code::auth_failed,
             name ? "it asks for a user name: authfile=FILE in the URI says where one is"
                  : "it asks for the password of '" + user_ + "': authfile=FILE in the URI says where it is",
             ErrorDomain::auth);
  }

  const LoginOptions options_;
  std::optional<AuthFile> file_;
  std::unique_ptr<secure::SaslClient> client_;
  std::string user_;
};

template <class Fields>
secure::SaslStep said_by(const Fields& reply) {
  return {.data = remote::sasl_data_of(reply), .complete = reply.complete != 0, .asked = {}};
}

}  // namespace

Task<> log_in(Daemon& daemon, io::Disk& disk, LoginOptions options) {
  const auto attempt = std::make_shared<Attempt>(std::move(options));
  const auto offer = co_await daemon.ask(remote::AuthSaslInit{});
  auto begin = [attempt, offered = split(offer.mechlist)] { return attempt->start(offered); };
  const secure::SaslClient::Start started = co_await disk.run(std::move(begin));

  remote::AuthSaslStart first{.mech = started.mechanism};
  remote::set_sasl_data(first, started.step.data);
  secure::SaslStep theirs = said_by(co_await daemon.ask(std::move(first)));
  bool complete = started.step.complete;
  // Both ends have to be content: a daemon that says so too early has proved nothing.
  while (!theirs.complete || !complete) {
    if (complete) io::fail(Code::auth_failed, "the daemon goes on after the end", ErrorDomain::auth);
    auto go_on = [attempt, data = theirs.data] { return attempt->step(data); };
    const secure::SaslStep ours = co_await disk.run(std::move(go_on));
    complete = ours.complete;
    if (theirs.complete) {
      if (!complete) io::fail(Code::auth_failed, "the daemon ended authentication too early", ErrorDomain::auth);
      co_return;
    }
    remote::AuthSaslStep next;
    remote::set_sasl_data(next, ours.data);
    theirs = said_by(co_await daemon.ask(std::move(next)));
  }
}

}  // namespace sluice::client
