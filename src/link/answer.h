#pragma once
// Answer: a call that arrived and its stream, on the daemon's side. Its task runs the handler, stops it when the client
// aborts, completes the stream as the link promises, and tells the session how it went.

#include <optional>

#include "io/pipe.h"
#include "io/scope.h"
#include "link/core.h"
#include "link/link.h"
#include "link/paced_source.h"

namespace sluice::link {

class Answer final : public Incoming, public Conversation, private Outbox::Owner {
 public:
  Answer(Core& core, session::CallArrived call);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() override;

  static void serve(std::unique_ptr<Answer> answer, Responder& responder, io::Scope& scope);

  // Incoming
  const Proc& proc() const override { return *call_.proc; }
  const CallId& id() const override { return call_.id; }
  Bytes args() const override { return call_.args; }
  void accept(Buffer reply) override;
  bool accepted() const override { return accepted_; }
  bool takes_spliced() const override { return outbox_splices(); }
  io::Source& source() override;
  io::Sink& sink() override;
  void describe(About about) override { about_ = std::move(about); }
  void keep(std::shared_ptr<void> until_over) override { kept_ = std::move(until_over); }
  Figures figures() const override;
  std::uint64_t limit(std::uint64_t bytes_per_second) override;
  bool weigh(std::uint32_t weight) override;
  bool cancel(Error why) override;

  // Conversation
  void data(io::Piece piece) override;
  io::Pipe* splices_into() override { return inbox_ && inbox_->splices() ? inbox_.get() : nullptr; }
  void finished() override;
  void failed(const Error& why) override;
  void lost(const Error& why) override;
  Outbox* outbox() override { return outbox_.get(); }
  void window_opened() override {
    if (outbox_) outbox_->window_opened();
  }
  void sent(std::uint32_t bytes) override;
  void copied(std::uint32_t bytes) override { copied_ += bytes; }

 private:
  enum class Peer : std::uint8_t { there, finished, left_early, aborted };  // what the client has said last

  static Task<> run(std::unique_ptr<Answer> answer, Responder& responder);
  Task<> complete();
  void over(Responder& responder, Buffer result, const std::exception_ptr& failed);
  Ending ending(const std::exception_ptr& failed) const;
  void settle(Buffer result, const std::exception_ptr& failed);
  void settle_stream(Buffer result, const std::optional<Error>& error);
  void close();  // the session hears nothing more of us
  void taken(std::size_t cost);
  void stop_handler(const Error& why);
  remote::StreamWait waits(const session::Standing& standing) const;

  // Outbox::Owner
  void outbox_ready(std::uint64_t bytes) override;
  bool outbox_holes() const override;
  bool outbox_splices() const override { return core_ != nullptr && core_->splices(); }
  std::size_t outbox_limit() const override;
  bool outbox_wanted() const override { return core_ == nullptr || core_->session().wants(call_.id); }
  void outbox_hole(std::uint64_t length) override;
  void outbox_end() override;
  void outbox_abort(Error why) noexcept override { static_cast<void>(why); }  // told when the handler is over

  bool up() const;
  bool down() const;

  Core* core_;  // null: the connection is over, or the session was told how it ended
  session::CallArrived call_;
  std::unique_ptr<io::Pipe> inbox_;
  std::unique_ptr<PacedSource> source_;  // its outer end
  std::unique_ptr<Outbox> outbox_;
  io::Scope::One task_;
  bool handling_ = true;  // the task runs the handler
  bool stopped_ = false;  // it was asked to stop
  Peer peer_ = Peer::there;
  bool accepted_ = false;
  std::unique_ptr<Error> cancelled_;  // by somebody else than the client

  About about_;
  std::uint64_t out_ = 0, limit_ = 0, copied_ = 0;
  std::unique_ptr<session::Meter> sent_;  // once something was
  std::shared_ptr<void> kept_;
};

}  // namespace sluice::link
