#pragma once
// SASL: a client shows who he is in steps that neither end of the connection needs to understand; cyrus-sasl does.
// These are the two ends of that conversation, over memory. Mechanisms have the registry's names: "SCRAM-SHA-256".
//
//   daemon, once     const auto modules = SaslModules::load({.directory = "/etc/sasl2"}, locks);
//   daemon           auto server = SaslServer::make({.mechanisms = {"SCRAM-SHA-256"}, .strength = 256});
//                    server->mechanisms(),  server->start(name, first),  server->step(data) ...,  server->user()
//   client           auto client = SaslClient::make({.host = "node1", .mechanisms = ..., .strength = 256});
//                    client->start(offered),  client->step(data) ...                    // until both ends are complete
//
// `strength` is what the transport below gives, in bits of its cipher: 0 where everybody on the way can read.
// Mechanisms that show a password to who listens (PLAIN) are used only above 1, anonymous ones never.
//
// An end of a conversation belongs to one thread at a time. A daemon's steps read the password file: they are for
// threads that may wait. An Error of the daemon's end is for its log; a peer learns only that it was refused.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::secure {

using SaslData = std::optional<Buffer>;  // none and empty are different things to a mechanism

enum class SaslQuestion : std::uint8_t { user, password };

struct SaslStep {
  SaslData data;                    // for the other end
  bool complete = false;            // this end has nothing left to say or to check
  std::vector<SaslQuestion> asked;  // client: not empty: nothing was done, it must know these first
};

// Cyrus' own type of a lock; `make` and `lock` do not fail.
struct SaslLocks {
  void* (*make)();
  int (*lock)(void*);  // 0
  int (*unlock)(void*);
  void (*release)(void*);
};

// Cyrus' modules of the daemon, and what is common to all its conversations; one in a process.
class SaslModules {
 public:
  struct Options {
    std::string directory = {};  // has the file sluice.conf; empty: where cyrus looks by itself (/etc/sasl2)
  };
  // Conversations are had on any thread; cyrus knows none of its own accord.
  static Result<std::unique_ptr<SaslModules>> load(Options options, const SaslLocks& locks);
  ~SaslModules();  // after the last conversation
  SaslModules(const SaslModules&) = delete;
  SaslModules& operator=(const SaslModules&) = delete;

  struct Inside;
  explicit SaslModules(std::unique_ptr<Inside> inside);

 private:
  std::unique_ptr<Inside> inside_;
};

class SaslServer {
 public:
  struct Options {
    std::vector<std::string> mechanisms;  // that may be used, of those that there are
    int strength = 0;
    std::string host = {};  // of this daemon, in full; empty: cyrus asks the resolver, which may take its time
  };
  // While the modules are loaded. Fails if not one mechanism is left.
  static Result<std::unique_ptr<SaslServer>> make(const Options& options);
  ~SaslServer();

  const std::vector<std::string>& mechanisms() const;
  // One that was not offered is refused. After an error there are no more steps.
  Result<SaslStep> start(std::string_view mechanism, const SaslData& first);
  Result<SaslStep> step(const SaslData& data);
  std::string user() const;  // after a complete step: "alice", "alice@EXAMPLE.ORG"; of this host always "alice"
  std::string host() const;  // in full

  struct Inside;
  explicit SaslServer(std::unique_ptr<Inside> inside);

 private:
  std::unique_ptr<Inside> inside_;
};

// Cyrus is loaded into whatever process uses the library, where its locks are not ours to set: no two threads may make,
// start or step at once, whichever conversations these are.
class SaslClient {
 public:
  struct Options {
    std::string host;                     // of the daemon, as it is known to a Kerberos realm
    std::vector<std::string> mechanisms;  // that may be used, of those that a daemon offers
    int strength = 0;
  };
  static Result<std::unique_ptr<SaslClient>> make(const Options& options);
  ~SaslClient();

  struct Start {
    std::string mechanism;
    SaslStep step;
  };
  // Where a step asks something, it is answered and done again.
  Result<Start> start(const std::vector<std::string>& offered);
  void answer(SaslQuestion question, std::string text);
  // Fails if the daemon does not prove what the mechanism has it prove (that it knows the password, too).
  Result<SaslStep> step(const SaslData& data);

  struct Inside;
  explicit SaslClient(std::unique_ptr<Inside> inside);

 private:
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::secure
