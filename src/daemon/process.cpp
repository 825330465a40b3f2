#include "daemon/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cstdlib>
#include <memory>

namespace sluice::daemon {

void settle_in() {
  ::umask(077);
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));  // fewer clients are served, no worse
  }
}

io::Task<> until_asked_to_stop(io::Logger log) {
  const io::Executor executor = co_await asio::this_coro::executor;
  const auto signals = std::make_shared<asio::signal_set>(executor, SIGTERM, SIGINT);
  const int first = co_await signals->async_wait(asio::use_awaitable);
  log.info("stopping", {{"signal", ::strsignal(first)}});
  // The set lives on in this handler: whoever cannot wait for the end in good order asks again.
  signals->async_wait([signals](const boost::system::error_code& error, int again) {
    if (!error) ::_exit(128 + again);
  });
}

io::Task<> Hangup::each(std::function<io::Task<>()> renew) {
  for (;;) {
    static_cast<void>(co_await signal_.async_wait(asio::use_awaitable));
    co_await renew();
  }
}

bool is_installed(const std::string& program) {
  if (program.find('/') != program.npos) return ::access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  const std::string places = path == nullptr ? "/usr/bin:/bin" : path;
  for (std::size_t begin = 0; begin <= places.size();) {
    const std::size_t end = std::min(places.find(':', begin), places.size());
    const std::string candidate = places.substr(begin, end - begin) + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace sluice::daemon
