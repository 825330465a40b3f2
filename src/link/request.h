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
  Opened(Core& core, const CallId& id, remote::Streaming stream, OpenOptions options);
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() override;

  // Outgoing
  Task<> opened() override;
  bool settled() const override {
    return state_ != State::opening && (opened_ || state_ != State::aborting);  // an abort does not answer the call
  }
  bool failed() const override { return state_ == State::failed || state_ == State::aborting; }
  void when_changed(std::function<void()> told) override { told_ = std::move(told); }
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
  Outbox* outbox() override { return outbox_.get(); }
  void window_opened() override {
    if (outbox_) outbox_->window_opened();
  }

 private:
  enum class State : std::uint8_t { opening, open, finishing, aborting, done, failed };
  bool closed() const { return state_ == State::done || state_ == State::failed; }
  void succeed(Buffer result);
  void changed();           // who waits looks again
  void reads();             // the application begins to
  void give_up(Error why);  // of our ends; the state says whether the session is told
  void forget();

  // Outbox::Owner
  void outbox_ready(std::uint64_t bytes) override;
  bool outbox_holes() const override;
  bool outbox_splices() const override { return core_ != nullptr && core_->splices(); }
  std::size_t outbox_limit() const override { return limits::outbox; }
  bool outbox_wanted() const override { return core_ == nullptr || core_->session().wants(id_); }
  void outbox_hole(std::uint64_t length) override;
  void outbox_end() override;
  void outbox_abort(Error why) noexcept override { abort(std::move(why)); }

  // What came and was not read yet; made when there is something, or somebody reads.
  struct Inbox;
  Inbox& inbox();

  Core* core_;  // null: closed, or the connection is over
  io::Clock& clock_;
  CallId id_;
  bool down_;  // it is read
  bool reply_last_;
  bool reads_;   // the stream has a window, or had
  bool opened_;  // it was, whatever became of it
  State state_;
  Buffer reply_, result_;
  std::optional<Error> failure_;
  io::Signal changed_;
  std::function<void()> told_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Outbox> outbox_;
};

}  // namespace sluice::link
