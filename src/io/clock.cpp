#include "io/clock.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::io {

Instant SteadyClock::now() const { return std::chrono::steady_clock::now(); }

Task<> SteadyClock::sleep_until(Instant then) {
  asio::steady_timer timer(co_await asio::this_coro::executor, then);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace sluice::io
