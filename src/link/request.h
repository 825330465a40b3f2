#pragma once
// Request and Opened: the client's side of a call without a stream, and of one with a stream.

#include <optional>

#include "io/pipe.h"
#include "link/core.h"
#include "link/link.h"
#include "link/paced_source.h"

namespace sluice::link {

// Lives on the frame of the coroutine that waits for the reply.
class Request final : public Conversation {
 public:
  Request(Core& core, const CallId& id);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() override;
  Task<Buffer> reply();

  void data(io::Piece) override {}
  void replied(Result<Buffer> outcome) override;
  void failed(const Error& why) override;
  void lost(const Error& why) override;

 private:
  Core* core_;
  CallId id_;
  io::Signal answered_;
  std::optional<Result<Buffer>> outcome_;
};

class Opened final : public Outgoing, public Conversation, private Outbox::Owner {
 public:
  Opened(Core& core, const CallId& id, remote::Streaming stream, bool reply_last);
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() override;
  Task<> opened();  // the reply came (reply last: at once); throws the daemon's reason

  // Outgoing
  Bytes reply() const override { return reply_; }
  io::Source& in() override;
  io::Sink& out() override;
  Task<Buffer> finish() override;
  void abort(Error why) noexcept override;
  Task<> aborted() override;
  Task<> until_failed() override;
  std::uint64_t limit(std::uint64_t bytes_per_second) override;
  bool weigh(std::uint32_t weight) override;

  // Conversation
  void data(io::Piece piece) override;
  io::Pipe* splices_into() override;
  void replied(Result<Buffer> outcome) override;
  void ended() override;
  void confirmed(Buffer result, bool aborted) override;
  void failed(const Error& why) override;
  void lost(const Error& why) override;
  Outbox* outbox() override { return outbox_ ? &*outbox_ : nullptr; }

 private:
  enum class State : std::uint8_t { opening, open, finishing, aborting, done, failed };
  bool closed() const { return state_ == State::done || state_ == State::failed; }
  void succeed(Buffer result);
  void give_up(Error why);  // of our ends; the state says whether the session is told
  void forget();

  // Outbox::Owner
  void outbox_ready(std::uint64_t bytes) override;
  bool outbox_holes() const override;
  bool outbox_splices() const override { return core_ != nullptr && core_->splices(); }
  void outbox_hole(std::uint64_t length) override;
  void outbox_end() override;
  void outbox_abort(Error why) noexcept override { abort(std::move(why)); }

  class In;  // stopping it aborts the stream

  Core* core_;  // null: closed, or the connection is over
  CallId id_;
  bool reply_last_;
  State state_;
  Buffer reply_, result_;
  std::optional<Error> failure_;
  io::Signal changed_;
  std::optional<io::Pipe> inbox_;
  std::optional<PacedSource> source_;  // its outer end
  std::unique_ptr<In> in_;
  std::optional<Outbox> outbox_;
};

}  // namespace sluice::link
