#pragma once
// A Conversation is one call, with its stream if it has one, as this side of the link sees it. The link tells it what
// arrived for it; it tells the session (through the Core) what it wants.

#include "io/pipe.h"
#include "io/stream.h"
#include "link/outbox.h"
#include "session/session.h"

namespace sluice::link {

using remote::CallId;

struct Conversation {
  virtual ~Conversation() = default;
  virtual void data(io::Piece piece) = 0;
  virtual io::Pipe* splices_into() { return nullptr; }  // where bodies may go that stay in the kernel
  virtual void replied(Result<Buffer>) {}               // client: the answer of the call
  virtual void ended() {}                               // client: the daemon sent all
  virtual void confirmed(Buffer, bool) {}               // client: the answer to our finish (the result) or abort
  virtual void window_opened() {}                       // more may be sent
  virtual void finished() {}                            // daemon: the client finished
  virtual void failed(const Error& why) = 0;            // the peer gave up
  virtual void lost(const Error& why) = 0;              // the connection is over; the Core forgets us
  virtual Outbox* outbox() { return nullptr; }          // where the bodies of its frames are
  virtual void sent(std::uint32_t) {}                   // so many bytes of them left
  virtual void copied(std::uint32_t) {}                 // so many were copied on their way in, beside the read itself
};

}  // namespace sluice::link
