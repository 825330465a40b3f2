#pragma once
// Login: how the client of one connection shows who he is, where its transport does not say it: SASL, behind the calls
// of the remote program. What it does may take time, on other threads; it is asked one thing at a time.
//
//   std::string offer = co_await login->mechanisms();            // "SCRAM-SHA-512,SCRAM-SHA-256"
//   auto [data, complete] = co_await login->start("SCRAM-SHA-256", first);
//   while (!complete) ... co_await login->step(data);
//   login->user();

#include <functional>
#include <memory>
#include <string>

#include "io/task.h"
#include "io/transport.h"
#include "remote/sasl_fields.h"

namespace sluice::service {

struct LoginStep {
  remote::SaslBytes data;
  bool complete = false;
};

// A Failure of any of them is the end of the attempt. What it says is for the daemon's log, which the login itself
// keeps: a client hears no more than that he was refused.
struct Login {
  virtual ~Login() = default;
  virtual io::Task<std::string> mechanisms() = 0;  // separated by commas
  virtual io::Task<LoginStep> start(std::string mechanism, remote::SaslBytes first) = 0;
  virtual io::Task<LoginStep> step(remote::SaslBytes data) = 0;
  virtual std::string user() const = 0;  // after a complete step
};

// For a connection that begins. None: those who come through this door need not say more than their transport does.
using NewLogin = std::function<std::unique_ptr<Login>(const io::Identity& peer)>;

}  // namespace sluice::service
