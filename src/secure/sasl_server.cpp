#include <sasl/sasl.h>

#include <array>

#include "base/assert.h"
#include "secure/cyrus.h"

namespace sluice::secure {
namespace {

constexpr const char* application = "sluice";  // names sluice.conf

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

}  // namespace

struct SaslModules::Inside {
  std::string directory;
  SaslComplaints complaints;
  std::vector<sasl_callback_t> callbacks;
};

Result<std::unique_ptr<SaslModules>> SaslModules::load(Options options, const SaslLocks& locks) {
  auto inside = std::make_unique<Inside>();
  inside->directory = std::move(options.directory);
  inside->callbacks.push_back(inside->complaints.callback());
  inside->callbacks.push_back({.id = SASL_CB_LIST_END, .proc = nullptr, .context = nullptr});
  sasl_set_mutex(locks.make, locks.lock, locks.unlock, locks.release);
  int failed = SASL_OK;
  // (With SASL_CB_GETCONFPATH, cyrus 2.1.28 loses what it is given.)
  if (!inside->directory.empty()) failed = sasl_set_path(SASL_PATH_TYPE_CONFIG, inside->directory.data());
  if (failed == SASL_OK) failed = sasl_server_init(inside->callbacks.data(), application);
  if (failed == SASL_OK) return std::make_unique<SaslModules>(std::move(inside));
  Error why = sasl_error("SASL cannot be used", failed, nullptr, inside->complaints);
  sasl_server_done();
  return std::unexpected(std::move(why));
}

SaslModules::SaslModules(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
SaslModules::~SaslModules() { sasl_server_done(); }

struct SaslServer::Inside {
  SaslComplaints complaints;
  std::array<sasl_callback_t, 2> callbacks{complaints.callback(),
                                           {.id = SASL_CB_LIST_END, .proc = nullptr, .context = nullptr}};
  OwnedSasl conversation;
  std::vector<std::string> mechanisms;
  bool complete = false;

  std::string property(int which) const {
    const void* value = nullptr;
    const int failed = sasl_getprop(conversation.get(), which, &value);
    return failed == SASL_OK && value != nullptr ? static_cast<const char*>(value) : "";
  }
  Error error(std::string_view tried, int failed) { return sasl_error(tried, failed, conversation.get(), complaints); }
  Result<SaslStep> done(int outcome, const char* data, unsigned size) {
    if (outcome != SASL_OK && outcome != SASL_CONTINUE) return std::unexpected(error("not authenticated", outcome));
    complete = outcome == SASL_OK;
    return SaslStep{.data = sasl_data(data, size), .complete = complete};
  }
};

Result<std::unique_ptr<SaslServer>> SaslServer::make(const Options& options) {
  auto inside = std::make_unique<Inside>();
  sasl_conn_t* made = nullptr;
  const char* const host = options.host.empty() ? nullptr : options.host.c_str();
  int failed = sasl_server_new(sasl_service, host, nullptr, nullptr, nullptr, inside->callbacks.data(),
                               SASL_SUCCESS_DATA, &made);
  inside->conversation.reset(made);
  if (failed == SASL_OK) failed = set_up_sasl(made, options.strength);
  if (failed != SASL_OK) return std::unexpected(inside->error("no SASL conversation", failed));
  const char* list = nullptr;
  failed = sasl_listmech(made, nullptr, "", " ", "", &list, nullptr, nullptr);
  if (failed == SASL_OK) {
    for (std::string& word : words_of(list)) {
      if (std::ranges::find(options.mechanisms, word) != options.mechanisms.end()) {
        inside->mechanisms.push_back(std::move(word));
      }
    }
  }
  if (inside->mechanisms.empty()) {
    return fault(Code::auth_failed,
                 "SASL has none of the mechanisms " + listed(options.mechanisms) +
                     " here; what is installed and what " +
                     "sluice.conf allows is: " + (list == nullptr || *list == '\0' ? "nothing" : list),
                 ErrorDomain::auth);
  }
  return std::make_unique<SaslServer>(std::move(inside));
}

SaslServer::SaslServer(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
SaslServer::~SaslServer() = default;

const std::vector<std::string>& SaslServer::mechanisms() const { return inside_->mechanisms; }

Result<SaslStep> SaslServer::start(std::string_view mechanism, const SaslData& first) {
  if (std::ranges::find(inside_->mechanisms, mechanism) == inside_->mechanisms.end()) {
    return fault(Code::auth_failed, "the mechanism '" + std::string(mechanism) + "' was not offered",
                 ErrorDomain::auth);
  }
  const SaslInput input(first);
  const char* data = nullptr;
  unsigned size = 0;
  const int outcome = sasl_server_start(inside_->conversation.get(), std::string(mechanism).c_str(), input.at,
                                        input.size, &data, &size);
  return inside_->done(outcome, data, size);
}

Result<SaslStep> SaslServer::step(const SaslData& data) {
  ensure(!inside_->complete, "there is no step after the last one");
  const SaslInput input(data);
  const char* answer = nullptr;
  unsigned size = 0;
  const int outcome = sasl_server_step(inside_->conversation.get(), input.at, input.size, &answer, &size);
  return inside_->done(outcome, answer, size);
}

std::string SaslServer::user() const {
  ensure(inside_->complete, "nobody is known before authentication is complete");
  std::string name = inside_->property(SASL_USERNAME);
  // The same account is found under either name; rules must not be passed by with the longer one.
  const std::string here = "@" + host();
  if (name.size() > here.size() && name.ends_with(here)) name.resize(name.size() - here.size());
  return name;
}

std::string SaslServer::host() const { return inside_->property(SASL_SERVERFQDN); }

}  // namespace sluice::secure
