#include <sasl/sasl.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/assert.h"
#include "secure/cyrus.h"

namespace sluice::secure {
namespace {

// A daemon says how often a password is hashed (RFC 5802); that must not keep a client busy for minutes.
constexpr std::uint64_t scram_iterations_most = 1'000'000;

int load() {
  static const int outcome = sasl_client_init(nullptr);
  return outcome;
}

// "r=...,s=...,i=4096"
std::optional<std::uint64_t> scram_iterations(std::string_view message) {
  while (!message.empty()) {
    const std::string_view part = message.substr(0, message.find(','));
    message.remove_prefix(std::min(message.size(), part.size() + 1));
    if (!part.starts_with("i=")) continue;
    std::uint64_t count = 0;
    const auto [end, failed] = std::from_chars(part.data() + 2, part.data() + part.size(), count);
    if (failed != std::errc() || end != part.data() + part.size()) return UINT64_MAX;
    return count;
  }
  return std::nullopt;
}

// Without a function of ours cyrus asks by returning.
sasl_callback_t is_asked_for(unsigned long id) { return {.id = id, .proc = nullptr, .context = nullptr}; }

}  // namespace

struct SaslClient::Inside {
  std::vector<std::string> mechanisms;
  SaslComplaints complaints;
  std::optional<std::string> name, password;
  bool scram = false, complete = false;
  std::array<sasl_callback_t, 5> callbacks{complaints.callback(), is_asked_for(SASL_CB_AUTHNAME),
                                           is_asked_for(SASL_CB_USER), is_asked_for(SASL_CB_PASS),
                                           is_asked_for(SASL_CB_LIST_END)};
  OwnedSasl conversation;
  sasl_interact_t* questions = nullptr;  // cyrus'
  const char* chosen = nullptr;          // the mechanism: cyrus says it once, before it asks

  ~Inside() { forget_password(); }
  void forget_password() {
    if (password) ::explicit_bzero(password->data(), password->size());
    password.reset();
  }

  // Does one thing with cyrus, which asks by saying so, and wants to be called again with its own list of questions.
  template <class Do>
  Result<SaslStep> advance(Do once) {
    const char* data = nullptr;
    unsigned size = 0;
    for (;;) {
      SaslStep step;
      for (auto* question = questions; question != nullptr && question->id != SASL_CB_LIST_END; ++question) {
        if (!answered(*question)) step.asked.push_back(meant(question->id));
      }
      if (!step.asked.empty()) return step;
      const int outcome = once(&questions, &data, &size);
      if (outcome != SASL_INTERACT) return done(outcome, data, size);
    }
  }

  static SaslQuestion meant(unsigned long id) {
    return id == SASL_CB_PASS ? SaslQuestion::password : SaslQuestion::user;
  }

  // Nobody acts for somebody else: the name to act under is left to the daemon, which takes that of who it knows.
  bool answered(sasl_interact_t& question) {
    static const std::optional<std::string> nothing("");
    const auto& known = question.id == SASL_CB_USER ? nothing : question.id == SASL_CB_PASS ? password : name;
    if (!known) return false;
    question.result = known->c_str();
    question.len = static_cast<unsigned>(known->size());
    return true;
  }

  Error error(std::string_view tried, int failed) { return sasl_error(tried, failed, conversation.get(), complaints); }
  Result<SaslStep> done(int outcome, const char* data, unsigned size) {
    if (outcome == SASL_OK || outcome == SASL_CONTINUE) {
      complete = outcome == SASL_OK;
      if (complete) forget_password();
      return SaslStep{.data = sasl_data(data, size), .complete = complete};
    }
    if (outcome == SASL_BADSERV) {
      return fault(Code::auth_failed, "the daemon does not know the password itself: it is not the one it should be",
                   ErrorDomain::auth);
    }
    return std::unexpected(error("authentication failed", outcome));
  }
};

Result<std::unique_ptr<SaslClient>> SaslClient::make(const Options& options) {
  auto inside = std::make_unique<Inside>();
  inside->mechanisms = options.mechanisms;
  int failed = load();
  sasl_conn_t* made = nullptr;
  if (failed == SASL_OK) {
    failed = sasl_client_new(sasl_service, options.host.c_str(), nullptr, nullptr, inside->callbacks.data(),
                             SASL_SUCCESS_DATA, &made);
  }
  inside->conversation.reset(made);
  if (failed == SASL_OK) failed = set_up_sasl(made, options.strength);
  if (failed != SASL_OK) return std::unexpected(inside->error("SASL cannot be used", failed));
  return std::make_unique<SaslClient>(std::move(inside));
}

SaslClient::SaslClient(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
SaslClient::~SaslClient() = default;

void SaslClient::answer(SaslQuestion question, std::string text) {
  (question == SaslQuestion::password ? inside_->password : inside_->name) = std::move(text);
}

Result<SaslClient::Start> SaslClient::start(const std::vector<std::string>& offered) {
  std::string common;
  for (const std::string& name : offered) {
    if (std::ranges::find(inside_->mechanisms, name) != inside_->mechanisms.end()) common += " " + name;
  }
  if (common.empty()) {
    return fault(
        Code::auth_failed,
        "the daemon offers the mechanisms " + listed(offered) + ", but used here are " + listed(inside_->mechanisms),
        ErrorDomain::auth);
  }
  auto step = inside_->advance([&](sasl_interact_t** questions, const char** data, unsigned* size) {
    return sasl_client_start(inside_->conversation.get(), common.c_str() + 1, questions, data, size, &inside_->chosen);
  });
  if (!step) return std::unexpected(step.error().while_doing("of" + common));
  const std::string mechanism = inside_->chosen == nullptr ? "" : inside_->chosen;
  inside_->scram = mechanism.starts_with("SCRAM-");
  return Start{.mechanism = mechanism, .step = std::move(*step)};
}

Result<SaslStep> SaslClient::step(const SaslData& data) {
  ensure(!inside_->complete, "there is no step after the last one");
  if (inside_->scram && data) {
    if (const auto iterations = scram_iterations(as_text(*data)); iterations && *iterations > scram_iterations_most) {
      return fault(Code::auth_failed,
                   "the daemon wants a password hashed more than " + std::to_string(scram_iterations_most) + " times",
                   ErrorDomain::auth);
    }
  }
  const SaslInput input(data);
  return inside_->advance([&](sasl_interact_t** questions, const char** answer, unsigned* size) {
    return sasl_client_step(inside_->conversation.get(), input.at, input.size, questions, answer, size);
  });
}

}  // namespace sluice::secure
