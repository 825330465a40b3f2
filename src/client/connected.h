#pragma once
// Connected: a connection as the application's handles see it. Its calls block; the last handle that goes closes it.
//
//   auto connected = Connected::to("qemu:///system", {});
//   auto reply = connected->call(remote::DomainLookupByName{.name = "web1"});

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "client/engine.h"
#include "client/target.h"
#include "client/wire.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "sluice/host.h"
#include "xdr/codec.h"

namespace sluice::client {

class Connected : public std::enable_shared_from_this<Connected> {
 public:
  static std::shared_ptr<Connected> to(const std::string& uri, const ConnectOptions& options);
  static std::shared_ptr<Connected> to_service(const std::string& socket, const ConnectOptions& options);
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  ~Connected();

  const std::string& uri() const { return uri_; }
  bool alive() const;
  void close();
  bool extended() const { return extended_; }  // the peer is a Sluice
  bool weighs() const { return weighs_; }      // and knows the weights of streams
  Engine& engine() { return *engine_; }

  template <class P>
  typename P::Reply call(const P& fields) {
    constexpr bool ours = remote::Extension::has<P>;
    constexpr std::uint32_t program = ours ? remote::Extension::number : remote::Remote::number;
    auto reply = xdr::decode_front<typename P::Reply>(call(program, P::proc, xdr::encode(fields)));
    if (!reply) throw Failure(reply.error());
    return std::move(reply->value);
  }
  Buffer call(std::uint32_t program, const remote::Proc& proc, Buffer fields);
  Stream open(std::uint32_t program, const remote::Proc& proc, Buffer fields);
  std::shared_ptr<void> watch(Watchers<DomainEvent>::Told told);
  std::shared_ptr<void> watch(Watchers<PoolEvent>::Told told);
  std::shared_ptr<void> watch(Watchers<StreamReport>::Told told, std::chrono::milliseconds interval);

 private:
  Connected(std::string uri, std::shared_ptr<Engine> engine, std::shared_ptr<Wire> wire);
  static std::shared_ptr<Connected> to(const std::string& uri, const Target& target, const ConnectOptions& options);
  void shake_hands(const Target& target, const ConnectOptions& options);
  void live();
  template <class Event, class Register>
  std::shared_ptr<void> watch(typename Watchers<Event>::Told told, std::atomic<bool>& registered, Register ask);

  const std::string uri_;
  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Wire> wire_;
  std::future<void> over_;
  std::atomic<bool> domains_registered_{false}, pools_registered_{false};  // for events, at the daemon
  bool extended_ = false, weighs_ = false;
};

// Throws what went wrong as the public API says.
[[noreturn]] void throw_public(const Error& why, bool connection_lost);

}  // namespace sluice::client
