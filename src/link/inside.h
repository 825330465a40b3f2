#pragma once
// The inside of a Link: its three loops. The reader never awaits a consumer; the writer asks the session for a frame
// only when the transport has taken the one before; the third wakes the session when it wants to know the time.

#include "link/batch.h"
#include "link/core.h"
#include "link/intake.h"
#include "link/link.h"

namespace sluice::link {

struct Link::Inside {
  Inside(io::Executor executor, std::unique_ptr<io::Transport> carrier, session::Session session, io::Clock& clock);

  Task<> read();
  Task<> write();
  Task<> tick();
  Task<> until_over();
  void end(Error why);  // at once: nothing more is read or sent
  void refuse_over() const;

  Core core;
  std::unique_ptr<io::Transport> transport;
  Responder* responder = nullptr;
  io::Scope* handlers = nullptr;  // while calls are answered
  std::function<void(const session::Notified&)> told;
  io::Signal hello_answered;
  bool hello_known = false;

 private:
  Task<> read_on();
  Task<> read_some();     // through memory
  Task<> read_spliced();  // a part of the body under way, inside the kernel
  io::Pipe* splices_into() const;
  Task<> write_on();
  void take(std::size_t count);         // what a read brought
  void take_body(std::uint32_t count);  // bytes of the body under way that are in place
  void take_control(Bytes bytes);
  void handle_events();
  void handle(session::Event event);
  void answer(session::CallArrived call);
  void fill(Batch& batch);
  std::uint32_t body_max();

  Intake intake_;
  // Large bodies arrive: no byte of the next one is read together with its head, because it would have to be copied.
  bool heads_alone_ = false;
  std::optional<Instant> called_;  // when a call was pending last
};

}  // namespace sluice::link
