#include "client/ssh.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "io/child.h"
#include "io/failure.h"
#include "io/unix_socket.h"

namespace sluice::client {
namespace {

constexpr std::size_t complaint_max = 16'384;  // bytes of what ssh says

// One word for a shell.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char letter : word) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

// For the shell of the other machine, of whichever kind it is: it gets one word to run.
std::string remote_command(const SshTarget& target) {
  const std::string socket =
      target.socket.empty() ? "\"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/sluice/sluice-sock\"" : quoted(target.socket);
  // It stays when its input ends, unless it is told otherwise, and not every one can be.
  const std::string program = quoted(target.netcat.empty() ? "nc" : target.netcat);
  const std::string netcat = "if " + program + " -h 2>&1 | grep -q -e -q; then exec " + program + " -q 0 -U " + socket +
                             "; else exec " + program + " -U " + socket + "; fi";
  const std::string script = target.netcat.empty() ? "if command -v sluice >/dev/null 2>&1; then exec sluice relay " +
                                                         socket + "; fi; " + netcat
                                                   : netcat;
  return "sh -c " + quoted(script);
}

std::string found(const std::string& program) {
  if (program.find('/') != program.npos) return program;
  const char* const variable = std::getenv("PATH");
  std::string_view places = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!places.empty()) {
    const std::string_view place = places.substr(0, places.find(':'));
    places.remove_prefix(std::min(places.size(), place.size() + 1));
    const std::string path = std::string(place) + "/" + program;
    if (!place.empty() && ::access(path.c_str(), X_OK) == 0) return path;
  }
  io::fail(Code::no_connect, "there is no '" + program + "' in $PATH");
}

// The connection, and the process it goes through.
class SshTransport final : public io::Transport {
 public:
  SshTransport(std::unique_ptr<io::Transport> carrier, io::Child child, io::Fd said)
      : carrier_(std::move(carrier)), child_(std::move(child)), said_(std::move(said)) {}

  io::Task<std::size_t> read_some(std::span<const MutableBytes> into) override {
    std::size_t count = 0;
    std::exception_ptr failed;
    try {
      count = co_await carrier_->read_some(into);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed && io::reason(failed).code == Code::operation_aborted) std::rethrow_exception(failed);
    if (count == 0) co_await explain_end();
    if (failed) std::rethrow_exception(failed);
    co_return count;
  }
  io::Task<std::size_t> write_some(std::span<const Bytes> from) override { return carrier_->write_some(from); }
  io::Task<> shutdown() override { return carrier_->shutdown(); }
  void close() noexcept override { carrier_->close(); }
  io::Identity peer() const override { return {.transport = "ssh", .uid = {}, .gid = {}, .pid = {}}; }
  io::Splicing* splicing() override { return carrier_->splicing(); }

 private:
  // It has closed its end, so it ends.
  io::Task<> explain_end() {
    const io::ExitStatus status = co_await child_.wait();
    if (status.success()) co_return;
    std::string said = complaint();
    io::fail(Code::no_connect, "ssh " + status.text() + (said.empty() ? "" : ": " + said), ErrorDomain::rpc);
  }

  std::string complaint() const {
    std::array<char, complaint_max> text{};
    const ssize_t count = ::pread(said_.get(), text.data(), text.size(), 0);
    std::string said(text.data(), count > 0 ? ::strnlen(text.data(), static_cast<std::size_t>(count)) : 0);
    while (!said.empty() && (said.back() == '\n' || said.back() == '\r')) said.pop_back();
    for (char& letter : said) {
      if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
    }
    return said;
  }

  const std::unique_ptr<io::Transport> carrier_;
  io::Child child_;
  const io::Fd said_;  // its standard error: a file in memory, so that it never waits for us
};

}  // namespace

std::vector<std::string> ssh_arguments(const SshTarget& target) {
  std::vector<std::string> words{"-T", "-e", "none"};
  if (target.port) words.insert(words.end(), {"-p", std::to_string(*target.port)});
  if (!target.user.empty()) words.insert(words.end(), {"-l", target.user});
  if (!target.key_file.empty()) words.insert(words.end(), {"-i", target.key_file});
  if (!target.ask) words.insert(words.end(), {"-o", "BatchMode=yes"});
  if (!target.verify) words.insert(words.end(), {"-o", "StrictHostKeyChecking=no"});
  words.insert(words.end(), {"--", target.host, remote_command(target)});  // a host is no option, whatever it is called
  return words;
}

io::Task<std::unique_ptr<io::Transport>> connect_ssh(SshTarget target, io::Disk& disk) {
  const io::Executor executor = co_await asio::this_coro::executor;
  auto look = [command = target.command] { return found(command); };
  std::vector<std::string> argv{co_await disk.run(std::move(look))};
  const std::vector<std::string> more = ssh_arguments(target);
  argv.insert(argv.end(), more.begin(), more.end());
  io::FdPair ends = io::make_socket_pair();
  io::Fd said(::memfd_create("ssh", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  // What the other machine says there must not fill our memory.
  const bool bounded =
      said && ::ftruncate(said.get(), complaint_max) == 0 && ::fcntl(said.get(), F_ADD_SEALS, F_SEAL_GROW) == 0;
  if (!bounded) io::fail_with_errno("cannot hear ssh");
  io::ChildOptions options{.argv = std::move(argv),
                           .in = ends.second.get(),
                           .out = ends.second.get(),
                           .err = said.get(),
                           .own_session = false,  // it asks at our terminal,
                           .die_with_parent = true,
                           .last = SIGTERM};  // and leaves it as it was
  io::Child child = co_await io::Child::start(std::move(options));
  ends.second.reset();  // or its end would not be one for us
  auto carrier = io::adopt_unix(executor, std::move(ends.first));
  co_return std::make_unique<SshTransport>(std::move(carrier), std::move(child), std::move(said));
}

}  // namespace sluice::client
