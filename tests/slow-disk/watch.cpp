#include "watch.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <string_view>
#include <system_error>

namespace slow_disk {
namespace {

int opened(long descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return static_cast<int>(descriptor);
}

int signals_that_end() {
  std::signal(SIGPIPE, SIG_IGN);  // nobody reads what we print: then nobody
  std::signal(SIGTTIN, SIG_IGN);  // in the background of a terminal there is nothing to read
  sigset_t ending;
  sigemptyset(&ending);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ending, number);
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &ending, nullptr); error != 0)
    throw std::system_error(error, std::generic_category(), "cannot block signals");
  return opened(::signalfd(-1, &ending, SFD_CLOEXEC), "cannot wait for signals");
}

}  // namespace

Watch::Watch()
    : signals_(signals_that_end()),
      starter_(opened(::syscall(SYS_pidfd_open, ::getppid(), 0), "cannot watch the process that started this")) {}

Watch::~Watch() {
  ::close(signals_);
  ::close(starter_);
}

void Watch::run(const std::function<std::string(const std::string& line)>& answer) {
  std::array<pollfd, 3> events{pollfd{.fd = signals_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = starter_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}};
  pollfd& input = events[2];
  std::string heard;
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "cannot wait");
    }
    if (events[0].revents != 0 || events[1].revents != 0) return;
    if (input.revents == 0) continue;
    std::array<char, 4096> some;
    const ssize_t count = ::read(STDIN_FILENO, some.data(), some.size());
    if (count <= 0) {  // no more lines; that is no reason to end
      input.fd = -1;
      continue;
    }
    heard.append(some.data(), static_cast<std::size_t>(count));
    for (auto end = heard.find('\n'); end != std::string::npos; end = heard.find('\n')) {
      const std::string said = answer(heard.substr(0, end)) + '\n';
      std::cout << said << std::flush;
      heard.erase(0, end + 1);
    }
  }
}

}  // namespace slow_disk
