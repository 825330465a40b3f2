#pragma once
// Call<P>: a call that arrived, decoded, in the hands of its handler.
//
//   Task<DomainLookupByName::Reply> operator()(Call<DomainLookupByName>& call) {
//     auto machine = co_await driver::lookup(host_, call->name);  ...
//   Task<Void> operator()(Call<DomainOpenConsole>& call) {
//     auto [keys, screen] = call.accept();                 // the reply leaves now; failures from here on are aborts
//
// accept exists for streaming procedures only and gives what their direction has: a Source& (up), a Sink& (down), both.

#include <string>
#include <string_view>

#include "io/failure.h"
#include "link/link.h"
#include "xdr/codec.h"

namespace sluice::service {

using io::Task;
using remote::Streaming;
using remote::Void;

struct Duplex {
  io::Source& source;
  io::Sink& sink;
};

// Bytes behind the last field are ignored, as libvirtd does: later versions add fields there.
template <class P>
P decode_call(Bytes args) {
  auto front = xdr::decode_front<P>(args);
  if (front) return std::move(front->value);
  Error error = std::move(front.error());
  error.code = Code::rpc;
  error.domain = ErrorDomain::rpc;
  if (!error.message.starts_with("Unable to decode message payload")) {
    error.message = "Unable to decode message payload: " + error.message;
  }
  throw io::Failure(std::move(error));
}

template <class P>
class Call {
 public:
  using Reply = typename P::Reply;
  explicit Call(link::Incoming& incoming) : incoming_(incoming), fields_(decode_call<P>(incoming.args())) {}

  const P* operator->() const { return &fields_; }
  const P& operator*() const { return fields_; }
  link::Incoming& incoming() { return incoming_; }

  decltype(auto) accept(const Reply& reply = {})
    requires(P::proc.stream != Streaming::none)
  {
    incoming_.accept(xdr::encode(reply));
    if constexpr (P::proc.stream == Streaming::up) {
      return (incoming_.source());
    } else if constexpr (P::proc.stream == Streaming::down) {
      return (incoming_.sink());
    } else {
      return Duplex{incoming_.source(), incoming_.sink()};
    }
  }

 private:
  link::Incoming& incoming_;
  P fields_;
};

// Refuses flags nobody here knows.
template <class P>
void only_flags(const Call<P>& call, std::uint32_t known) {
  const std::uint32_t unknown = call->flags & ~known;
  if (unknown == 0) return;
  io::fail(Code::invalid_arg,
           "unsupported flags (" + std::to_string(unknown) + ") in '" + std::string(P::proc.name) + "'");
}

// What asks for something that would not happen is refused by name, not ignored.
template <class P>
void refuse(const Call<P>& call, std::uint32_t flag, std::string_view what) {
  if ((call->flags & flag) != 0) io::fail(Code::argument_unsupported, std::string(what) + " is not supported");
}

}  // namespace sluice::service
