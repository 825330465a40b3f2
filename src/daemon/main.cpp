// sluiced: builds the world out of its parts and ends it in order. The only file that knows which hosts there are.

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "daemon/doors.h"
#include "daemon/metrics_endpoint.h"
#include "daemon/options.h"
#include "daemon/process.h"
#include "daemon/sqlite_store.h"
#include "daemon/state_directory.h"
#include "daemon/survey.h"
#include "driver/memory_host.h"
#include "io/disk.h"
#include "io/failure.h"
#include "io/unix_socket.h"
#include "qemu/host.h"
#include "storage/directory_storage.h"

namespace sluice::daemon {
namespace {

constexpr const char* emulator = "qemu-system-x86_64";
constexpr const char* image_tool = "/usr/bin/qemu-img";

// Everything that outlives the host and its clients, in the order in which it is needed.
struct World {
  explicit World(const Options& chosen)
      : options(chosen),
        log(io::Logger::to_stderr({.level = options.log_level})),
        state(options.state_directory),
        loops(std::max(1u, std::thread::hardware_concurrency())) {
    if (options.tls) hangup.emplace(loops.at(0));  // who has nothing to read again ends with his terminal
  }

  Options options;
  io::Logger log;
  StateDirectory state;
  io::SteadyClock clock;
  std::optional<io::Loop> metrics_loop;  // figures are told when others are stuck, too
  io::Loops loops;
  std::optional<Hangup> hangup;
  io::Disk disk;
};

void say(const std::exception_ptr& failed) { std::cerr << "sluiced: " << io::reason(failed).message << "\n"; }

void make_socket_directory(const Options& options) {
  if (!options.make_socket_directory) return;
  const std::string directory = std::filesystem::path(options.socket).parent_path();
  const bool root = ::geteuid() == 0;
  make_directories(directory, root ? 0755 : 0700);
  if (root) std::filesystem::permissions(directory, std::filesystem::perms(0755));  // the mask took some away
}

std::unique_ptr<io::Listener> metrics_listener(const io::Executor& executor, const Options& options,
                                               const io::Logger& log) {
  if (options.metrics->tcp) {
    auto tcp = std::make_unique<io::TcpListener>(executor, *options.metrics->tcp);
    log.info("telling figures", {{"address", tcp->text()}});
    return tcp;
  }
  const bool shared = !options.read_only_socket.empty();
  const std::optional<gid_t> group = shared ? sluice_group() : std::nullopt;
  const io::UnixListenerOptions where{.path = options.metrics->path, .mode = group ? 0660u : 0600u, .group = group};
  auto socket = std::make_unique<io::UnixListener>(executor, where);
  log.info("telling figures", {{"socket", where.path}});
  return socket;
}

// On a loop of its own.
io::Task<> tell_figures(World& world, const service::Service& service, driver::Host& host,
                        std::unique_ptr<io::Listener> listener) {
  const io::Executor executor = co_await asio::this_coro::executor;
  Survey survey(service, host, world.disk, world.clock, executor, world.log);
  auto text = [&survey](io::Scope& questions) -> io::Task<std::string> {
    const Metrics metrics = co_await survey.take(questions);
    co_return exposition(metrics);
  };
  MetricsEndpoint endpoint(executor, std::move(listener), world.clock, world.log, text);
  co_await endpoint.run();
}

io::Task<> serve(World& world, driver::Host& host, std::string default_uri) {
  service::Service service(host, world.disk, world.clock, {.default_uri = default_uri, .software = "sluiced"});
  const io::Executor executor = co_await asio::this_coro::executor;
  Doors doors(world.options, world.disk, world.clock, world.log);
  Server server(executor, service, world.loops, world.clock, world.log);
  make_socket_directory(world.options);
  std::unique_ptr<io::Listener> metrics;
  if (world.options.metrics) {
    world.metrics_loop.emplace();
    metrics = metrics_listener(world.metrics_loop->executor(), world.options, world.log);
  }
  co_await doors.open(server);  // last: who is let in finds everything there
  auto figures = [&] { return tell_figures(world, service, host, std::move(metrics)); };
  auto until_stopped = [&](io::Scope& scope) -> io::Task<> {
    scope.spawn(server.run());
    if (metrics) scope.spawn(io::on(world.metrics_loop->executor(), figures));
    if (world.hangup) scope.spawn(world.hangup->each([&doors] { return doors.renew(); }));
    scope.spawn(until_asked_to_stop(world.log));
    co_await scope.any();
  };
  co_await io::scoped(until_stopped);
}

io::Task<> serve_qemu(World& world, driver::Store& store) {
  storage::DirectoryStorage storage({.strand = asio::make_strand(world.loops.next()),
                                     .disk = world.disk,
                                     .clock = world.clock,
                                     .store = store,
                                     .log = world.log,
                                     .qemu_img = image_tool});
  co_await storage.load();
  const qemu::HostOptions options{.state_directory = world.state.path(), .emulator = emulator};
  const std::unique_ptr<qemu::QemuHost> host = co_await qemu::QemuHost::open(options, {.executor = world.loops.next(),
                                                                                       .disk = world.disk,
                                                                                       .store = store,
                                                                                       .clock = world.clock,
                                                                                       .log = world.log,
                                                                                       .storage = &storage});
  auto beside_marked_machines = [&](io::Scope& scope) -> io::Task<> {
    scope.spawn(host->start_marked());  // clients need not wait for them
    co_await serve(world, *host, ::geteuid() == 0 ? "qemu:///system" : "qemu:///session");
  };
  auto work = [&] { return io::scoped(beside_marked_machines); };
  co_await io::finally(work, [&] { return host->close(); });
}

io::Task<> serve_test(World& world) {
  const std::unique_ptr<driver::MemoryHost> host =
      driver::MemoryHost::with_default_machine(world.loops.next(), world.clock);
  auto work = [&] { return serve(world, *host, "test:///default"); };
  co_await io::finally(work, [&] { return host->close(); });
}

// Does `work` while somebody looks after the disks.
template <class Work>
io::Task<> with_deadlines(World& world, Work work) {
  auto both = [&](io::Scope& scope) -> io::Task<> {
    if (world.options.disk_timeout.count() > 0) scope.spawn(world.disk.watch(world.clock, world.options.disk_timeout));
    co_await work();
  };
  co_await io::scoped(both);
}

// Serves to the end, good or bad. What is asked of the disks is done when this returns or throws, before the store may
// go. A thread whose disk does not answer cannot be ended, and the kernel keeps the process, with all that is open, for
// as long as it waits: so whoever comes next must need nothing of what this process holds.
void serve_until_disks_are_done(World& world, io::Task<> serving) {
  std::exception_ptr failed;
  try {
    io::run_on(world.loops.at(0), std::move(serving));
  } catch (...) {
    failed = std::current_exception();
  }
  if (!world.disk.finish_within(std::chrono::seconds(5))) {
    if (failed) say(failed);
    world.log.warning("ending though a disk does not answer: the process is gone when it does");
    world.state.leave();
    ::_exit(failed ? 1 : 0);
  }
  if (failed) std::rethrow_exception(failed);
}

void run(const Options& options) {
  settle_in();
  World world(options);
  const bool test = options.host == HostKind::test || (options.host == HostKind::automatic && !is_installed(emulator));
  if (test) {
    world.log.info("serving machines that live in memory and are forgotten at the end");
    serve_until_disks_are_done(world, with_deadlines(world, [&] { return serve_test(world); }));
  } else {
    SqliteStore store(world.state.path() + "/sluice.db");
    serve_until_disks_are_done(world, with_deadlines(world, [&] { return serve_qemu(world, store); }));
  }
  world.log.info("stopped");
}

// Whether it could start: what is in files that settings name is read as it would be then.
void check(const Options& options) {
  if (options.tls) static_cast<void>(daemon_credentials(options));
  if (options.asks_sasl()) {
    io::SteadyClock clock;
    io::Disk disk;
    const SaslGate gate({.directory = options.sasl.directory, .mechanisms = options.sasl.mechanisms}, disk, clock,
                        io::Logger::silent());
    check_doors(gate, options);
  }
  std::cout << "sluiced: the settings are good\n";
}

}  // namespace
}  // namespace sluice::daemon

int main(int argc, char** argv) {
  using namespace sluice;
  const daemon::Parsed parsed = daemon::parse(argc, argv, daemon::whoami());
  if (parsed.exit_code) return *parsed.exit_code;
  try {
    parsed.check ? daemon::check(parsed.options) : daemon::run(parsed.options);
    return 0;
  } catch (...) {
    daemon::say(std::current_exception());
    return 1;
  }
}
