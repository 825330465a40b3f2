#include "qemu/strays.h"

#include <filesystem>

#include "io/failure.h"
#include "io/scope.h"
#include "qemu/deadline.h"
#include "qemu/local_socket.h"
#include "qemu/machine_directory.h"
#include "qemu/monitor_client.h"

namespace sluice::qemu {
namespace {

std::vector<Uuid> directories(const std::string& state_directory) {
  std::vector<Uuid> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(state_directory + "/machines", ignored)) {
    if (const auto uuid = Uuid::parse(entry.path().filename().string())) found.push_back(*uuid);
  }
  return found;
}

io::Task<> quit(MonitorClient& monitor, Duration limit) {
  co_await monitor.ready();
  co_await monitor.ask("quit", {}, {.limit = limit});
}

io::Task<> end_stray(Household& household, io::Fd socket) {
  const io::Executor executor = co_await asio::this_coro::executor;
  const Duration limit = household.options.deadlines.command;
  MonitorClient monitor(executor, std::move(socket), household.around.clock, [](const qmp::Notified&) {});
  Error late{.code = Code::operation_timeout, .message = "it does not answer", .domain = ErrorDomain::qemu};
  co_await io::scoped([&](io::Scope& scope) -> io::Task<> {
    scope.spawn(monitor.run());
    co_await within(household.around.clock, limit, late, quit(monitor, limit));
  });
}

}  // namespace

io::Task<> end_strays(Household& household, std::set<Uuid> noted) {
  const std::string& state = household.options.state_directory;
  const std::vector<Uuid> all = co_await household.around.disk.run([state] { return directories(state); });
  for (const Uuid& uuid : all) {
    if (noted.contains(uuid)) continue;
    const MachineDirectory directory(state, uuid);
    io::Fd socket;
    try {
      socket = co_await household.around.disk.run([directory] { return connect_at(directory.monitor()); });
    } catch (const io::Failure&) {
      continue;  // no socket, or nobody behind it
    }
    try {
      co_await end_stray(household, std::move(socket));
      household.around.log.warning("a QEMU that no machine owned was ended", {{"uuid", uuid.text()}});
    } catch (const io::Failure& failure) {
      household.around.log.error("a QEMU that no machine owns could not be ended",
                                 {{"uuid", uuid.text()}, {"reason", failure.error.message}});
    }
    co_await household.around.disk.run([directory] { remove_socket(directory.monitor()); });
  }
}

}  // namespace sluice::qemu
