#pragma once
// A Stream for programs built on Boost.Asio: an AsyncReadStream and AsyncWriteStream, so that composed operations and
// every completion token work. The io_context is the application's own.
//
//   AsyncStream stream(co_await this_coro::executor, host.restore());
//   co_await boost::asio::async_write(stream, boost::asio::buffer(bytes), use_awaitable);
//   co_await stream.async_finish(use_awaitable);              // throws the daemon's reason
//
// Reads and writes complete with (error_code, std::size_t); the end is boost::asio::error::eof, a failed stream has an
// error of failure_category() whose value is a sluice::Code, and stream().failure() has the whole sentence. Operations
// can be cancelled through their slots; nothing is lost by that. One read and one write at a time; like Asio's own
// objects, one thread (or strand) at a time. Destroying an AsyncStream aborts what was not finished, and completes what
// is pending with an error.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "sluice/stream.h"

namespace sluice {
inline namespace v1 {

// Errors of streams as Asio sees them; values are sluice::Code.
inline const boost::system::error_category& failure_category() {
  struct Category final : boost::system::error_category {
    const char* name() const noexcept override { return "sluice"; }
    std::string message(int value) const override { return "the stream failed (code " + std::to_string(value) + ")"; }
  };
  static const Category category;
  return category;
}

namespace asio_detail {

using Executor = boost::asio::any_io_executor;

// One asynchronous operation: tries at once, then again each time the stream says that it may have become possible.
// `Step` is `std::optional<std::tuple<...>> operator()(Stream&)`, nothing while it would have to wait; `Arm` asks the
// stream to tell; `aborted` is what a cancelled one completes with.
template <class Handler, class Step, class Arm, class Outcome>
class Attempt : public std::enable_shared_from_this<Attempt<Handler, Step, Arm, Outcome>> {
 public:
  Attempt(Handler handler, const Executor& ex, std::shared_ptr<Stream> stream, Step step, Arm arm, Outcome aborted)
      : handler_(std::move(handler)),
        stream_(std::move(stream)),
        step_(std::move(step)),
        arm_(std::move(arm)),
        aborted_(std::move(aborted)),
        work_(ex),
        handler_work_(boost::asio::get_associated_executor(handler_, ex)) {}

  void start() {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      slot.assign([weak = this->weak_from_this()](boost::asio::cancellation_type type) {
        if (auto self = weak.lock(); self && type != boost::asio::cancellation_type::none) self->cancel();
      });
    }
    again(this->shared_from_this(), work_);
  }

 private:
  using Work = boost::asio::executor_work_guard<Executor>;

  static void again(const std::shared_ptr<Attempt>& self, const Work& work) {
    boost::asio::post(work.get_executor(), [self] { self->run(); });
  }
  void cancel() {
    cancelled_ = true;
    again(this->shared_from_this(), work_);
  }
  void run() {
    if (over_) return;
    if (cancelled_) return complete(std::move(aborted_));
    if (auto outcome = step_(*stream_)) return complete(std::move(*outcome));
    // The library's thread, which calls this, has work of its own: else the io_context could end, and be destroyed,
    // while that thread is still inside its post.
    arm_(*stream_, [self = this->shared_from_this(), work = work_] { again(self, work); });
  }
  void complete(Outcome outcome) {
    over_ = true;
    arm_(*stream_, {});
    boost::asio::get_associated_cancellation_slot(handler_).clear();
    auto work = std::move(work_);
    auto executor = handler_work_.get_executor();
    auto call = [handler = std::move(handler_), outcome = std::move(outcome),
                 handler_work = std::move(handler_work_)]() mutable {
      std::apply(std::move(handler), std::move(outcome));
    };
    boost::asio::dispatch(executor, std::move(call));
  }

  Handler handler_;
  std::shared_ptr<Stream> stream_;
  Step step_;
  Arm arm_;
  Outcome aborted_;
  Work work_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, Executor>> handler_work_;
  bool cancelled_ = false;
  bool over_ = false;
};

using Moved = std::tuple<boost::system::error_code, std::size_t>;
using Finished = std::tuple<std::exception_ptr, std::vector<std::byte>>;

inline Moved failed_with(const Failure& failure) {
  return {boost::system::error_code(static_cast<int>(failure.code()), failure_category()), 0};
}

}  // namespace asio_detail

class AsyncStream {
 public:
  using executor_type = boost::asio::any_io_executor;

  AsyncStream(executor_type executor, Stream stream)
      : executor_(std::move(executor)), stream_(std::make_shared<Stream>(std::move(stream))) {}
  AsyncStream(AsyncStream&&) noexcept = default;
  AsyncStream& operator=(AsyncStream&& other) noexcept {
    abandon();
    executor_ = std::move(other.executor_);
    stream_ = std::move(other.stream_);
    return *this;
  }
  ~AsyncStream() { abandon(); }

  executor_type get_executor() const noexcept { return executor_; }
  Stream& stream() noexcept { return *stream_; }
  void abort(std::string_view why = {}) noexcept { stream_->abort(why); }

  // void(boost::system::error_code, std::size_t)
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    auto step = [buffers](Stream& stream) -> std::optional<asio_detail::Moved> {
      try {
        const boost::asio::mutable_buffer room = first<boost::asio::mutable_buffer>(buffers);
        if (room.size() == 0) return asio_detail::Moved{};
        const auto count = stream.try_read({static_cast<std::byte*>(room.data()), room.size()});
        if (!count) return std::nullopt;
        if (*count == 0) return asio_detail::Moved{boost::asio::error::eof, 0};
        return asio_detail::Moved{boost::system::error_code(), *count};
      } catch (const Failure& failure) {
        return asio_detail::failed_with(failure);
      }
    };
    auto arm = [](Stream& stream, std::function<void()> told) { stream.on_readable(std::move(told)); };
    return attempt<void(boost::system::error_code, std::size_t)>(
        std::move(step), arm, asio_detail::Moved{boost::asio::error::operation_aborted, 0}, std::forward<Token>(token));
  }

  // void(boost::system::error_code, std::size_t)
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    auto step = [buffers](Stream& stream) -> std::optional<asio_detail::Moved> {
      try {
        const boost::asio::const_buffer bytes = first<boost::asio::const_buffer>(buffers);
        if (bytes.size() == 0) return asio_detail::Moved{};
        const std::size_t count = stream.try_write({static_cast<const std::byte*>(bytes.data()), bytes.size()});
        if (count == 0) return std::nullopt;
        return asio_detail::Moved{boost::system::error_code(), count};
      } catch (const Failure& failure) {
        return asio_detail::failed_with(failure);
      }
    };
    auto arm = [](Stream& stream, std::function<void()> told) { stream.on_writable(std::move(told)); };
    return attempt<void(boost::system::error_code, std::size_t)>(
        std::move(step), arm, asio_detail::Moved{boost::asio::error::operation_aborted, 0}, std::forward<Token>(token));
  }

  // void(std::exception_ptr, std::vector<std::byte>): Stream::finish. A cancelled one goes on unseen; abort() ends it.
  template <class Token>
  auto async_finish(Token&& token) {
    auto step = [begun = false](Stream& stream) mutable -> std::optional<asio_detail::Finished> {
      try {
        if (!std::exchange(begun, true)) stream.begin_finish();
        auto result = stream.finished();
        if (!result) return std::nullopt;
        return asio_detail::Finished{nullptr, std::move(*result)};
      } catch (...) {
        return asio_detail::Finished{std::current_exception(), {}};
      }
    };
    auto arm = [](Stream& stream, std::function<void()> told) { stream.on_finished(std::move(told)); };
    Error cancelled{.code = Code::operation_aborted, .message = "waiting for the end of the stream was cancelled"};
    asio_detail::Finished aborted{std::make_exception_ptr(Failure(std::move(cancelled))), {}};
    return attempt<void(std::exception_ptr, std::vector<std::byte>)>(std::move(step), arm, std::move(aborted),
                                                                     std::forward<Token>(token));
  }

 private:
  template <class Buffer, class Buffers>
  static Buffer first(const Buffers& buffers) {  // that is not empty
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      if (const Buffer buffer(*at); buffer.size() != 0) return buffer;
    }
    return {};
  }

  template <class Signature, class Step, class Arm, class Outcome, class Token>
  auto attempt(Step step, Arm arm, Outcome aborted, Token&& token) {
    auto begin = [](auto handler, const executor_type& ex, std::shared_ptr<Stream> stream, Step s, Arm a, Outcome o) {
      using Handler = std::decay_t<decltype(handler)>;
      std::make_shared<asio_detail::Attempt<Handler, Step, Arm, Outcome>>(std::move(handler), ex, std::move(stream),
                                                                          std::move(s), std::move(a), std::move(o))
          ->start();
    };
    return boost::asio::async_initiate<Token, Signature>(std::move(begin), token, executor_, stream_, std::move(step),
                                                         std::move(arm), std::move(aborted));
  }

  void abandon() noexcept {
    if (stream_) stream_->abort("the stream was dropped");
  }

  executor_type executor_;
  std::shared_ptr<Stream> stream_;
};

}  // namespace v1
}  // namespace sluice
