#include "daemon/sasl_gate.h"

#include <atomic>
#include <mutex>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr secure::SaslLocks locks{.make = [] { return static_cast<void*>(new std::mutex); },
                                  .lock =
                                      [](void* mutex) {
                                        static_cast<std::mutex*>(mutex)->lock();
                                        return 0;
                                      },
                                  .unlock =
                                      [](void* mutex) {
                                        static_cast<std::mutex*>(mutex)->unlock();
                                        return 0;
                                      },
                                  .release = [](void* mutex) { delete static_cast<std::mutex*>(mutex); }};

constexpr const char* whose = "the SASL library";
constexpr int strong = 128;  // bits of any transport with TLS

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

}  // namespace

struct SaslGate::Shared {
  std::vector<std::string> mechanisms;
  std::unique_ptr<secure::SaslModules> modules;
  io::Disk::Lane lane;
  io::Clock& clock;
  io::Logger log;
  std::string host = {};  // in full, as cyrus knows it
  FailedLogins failed_logins = {};
  std::atomic<std::size_t> attempts = 0;
};

namespace {

// One attempt. It is shared with the thread that computes for it, which nobody can stop when the client has gone.
class Attempt {
 public:
  Attempt(std::shared_ptr<SaslGate::Shared> gate, io::Identity peer)
      : gate_(std::move(gate)), peer_(std::move(peer)), place_(place_of(peer_)), number_(++gate_->attempts) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { stop_counting(); }

  const std::shared_ptr<SaslGate::Shared>& gate() const { return gate_; }
  const std::string& user() const { return user_; }  // when it is over

  // Before anything is asked of the disk, where those of whom nobody hears any more may still stand in line.
  void refuse_crowd() {
    if (number_ > SaslGate::attempts_max) refuse("too many log in at once");
  }
  // Nobody waits for it any more: what it has asked for need not be done, and has failed unless it was over.
  void leave() {
    left_ = true;
    if (begun_ && outcome_.exchange(Outcome::refused) == Outcome::open) count_failure("the client left in the middle");
  }

  // On a thread of the disk, these.
  std::string begin() {
    refuse_at_once();
    auto made =
        secure::SaslServer::make({.mechanisms = gate_->mechanisms, .strength = peer_.strength, .host = gate_->host});
    if (!made) refuse(made.error().message);
    server_ = std::move(*made);
    return joined(server_->mechanisms());
  }
  service::LoginStep start(const std::string& mechanism, const remote::SaslBytes& first) {
    mechanism_ = mechanism;
    begun_ = true;
    return advance([&](secure::SaslServer& server) { return server.start(mechanism, first); });
  }
  service::LoginStep step(const remote::SaslBytes& data) {
    return advance([&](secure::SaslServer& server) { return server.step(data); });
  }

 private:
  enum class Outcome : std::uint8_t { open, known, refused };

  template <class Do>
  service::LoginStep advance(Do once) {
    refuse_at_once();
    Result<secure::SaslStep> step = once(*server_);
    if (!step) fail(step.error().message);
    if (step->complete) become_known();
    return {.data = std::move(step->data), .complete = step->complete};
  }

  // Of the attempt nothing is needed any more, however long the client stays.
  void become_known() {
    user_ = server_->user();
    if (user_.empty()) fail("nobody is known by it");  // or rules for others would be his
    server_.reset();
    stop_counting();
    if (outcome_.exchange(Outcome::known) != Outcome::open) return;  // he has left meanwhile
    gate_->log.info("logged in", {{"peer", peer_.text()}, {"user", user_}, {"mechanism", mechanism_}});
  }

  void refuse_at_once() {
    if (left_) throw boost::system::system_error(asio::error::operation_aborted);
    if (gate_->failed_logins.may_try(place_, gate_->clock.now())) return;
    outcome_ = Outcome::refused;
    // Told once, when it began: these would fill the log.
    gate_->log.debug("login refused", {{"peer", peer_.text()}, {"why", "too many attempts have failed"}});
    io::fail(Code::auth_failed, "too many attempts from '" + place_ + "' have failed", ErrorDomain::auth);
  }
  [[noreturn]] void fail(const std::string& why) {
    if (outcome_.exchange(Outcome::refused) == Outcome::open) count_failure(why);
    io::fail(Code::auth_failed, why, ErrorDomain::auth);
  }
  [[noreturn]] void refuse(const std::string& why) {
    outcome_ = Outcome::refused;
    tell(why);
    io::fail(Code::auth_failed, why, ErrorDomain::auth);
  }
  void count_failure(const std::string& why) {
    tell(why);
    if (!gate_->failed_logins.failed(place_, gate_->clock.now())) return;
    gate_->log.warning("too many attempts to log in have failed: more are refused unseen", {{"place", place_}});
  }
  void tell(const std::string& why) const {
    gate_->log.warning("login refused", {{"peer", peer_.text()}, {"mechanism", mechanism_}, {"why", why}});
  }
  void stop_counting() {
    if (counted_.exchange(false)) --gate_->attempts;
  }

  const std::shared_ptr<SaslGate::Shared> gate_;
  const io::Identity peer_;
  const std::string place_;
  const std::size_t number_;  // of those at once, when it began
  std::unique_ptr<secure::SaslServer> server_;
  std::string mechanism_, user_;
  std::atomic<bool> begun_ = false, left_ = false, counted_ = true;
  std::atomic<Outcome> outcome_ = Outcome::open;
};

class SaslLogin final : public service::Login {
 public:
  SaslLogin(std::shared_ptr<SaslGate::Shared> gate, const io::Identity& peer)
      : attempt_(std::make_shared<Attempt>(std::move(gate), peer)) {}
  SaslLogin(const SaslLogin&) = delete;
  SaslLogin& operator=(const SaslLogin&) = delete;
  ~SaslLogin() override { attempt_->leave(); }

  io::Task<std::string> mechanisms() override {
    attempt_->refuse_crowd();
    return run([attempt = attempt_] { return attempt->begin(); });
  }
  io::Task<service::LoginStep> start(std::string mechanism, remote::SaslBytes first) override {
    return run([attempt = attempt_, mechanism, first = std::move(first)] { return attempt->start(mechanism, first); });
  }
  io::Task<service::LoginStep> step(remote::SaslBytes data) override {
    return run([attempt = attempt_, data = std::move(data)] { return attempt->step(data); });
  }
  std::string user() const override { return attempt_->user(); }

 private:
  template <class Do>
  io::Task<std::invoke_result_t<Do>> run(Do work) {
    std::exception_ptr failed;
    std::optional<std::invoke_result_t<Do>> result;
    try {
      result = co_await attempt_->gate()->lane.run(std::move(work), whose);
    } catch (...) {
      failed = std::current_exception();
    }
    if (!failed) co_return std::move(*result);
    const Error why = io::reason(failed);
    // What the attempt itself refuses it has told.
    if (why.code != Code::auth_failed && why.code != Code::operation_aborted) {
      attempt_->gate()->log.error("nobody can log in", {{"why", why.message}});
    }
    std::rethrow_exception(failed);
  }

  const std::shared_ptr<Attempt> attempt_;
};

}  // namespace

SaslGate::SaslGate(Options options, const io::Disk& disk, io::Clock& clock, io::Logger log) {
  auto modules = io::or_throw(secure::SaslModules::load({.directory = std::move(options.directory)}, locks));
  shared_ = std::make_shared<Shared>(std::move(options.mechanisms), std::move(modules), disk.own_lane(whose), clock,
                                     std::move(log));
  const auto first = io::or_throw(secure::SaslServer::make({.mechanisms = shared_->mechanisms, .strength = strong}));
  shared_->host = first->host();
}

void SaslGate::check(int strength) const {
  static_cast<void>(io::or_throw(
      secure::SaslServer::make({.mechanisms = shared_->mechanisms, .strength = strength, .host = shared_->host})));
}

service::NewLogin SaslGate::logins() {
  return [shared = shared_](const io::Identity& peer) -> std::unique_ptr<service::Login> {
    return std::make_unique<SaslLogin>(shared, peer);
  };
}

}  // namespace sluice::daemon
