#include "driver/host.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

std::shared_ptr<Machine> found(std::shared_ptr<Machine> machine, const std::string& description) {
  if (!machine) io::fail(Code::no_domain, "there is no machine " + description, ErrorDomain::domain);
  return machine;
}

}  // namespace

Task<std::shared_ptr<Machine>> lookup(Host& host, Uuid uuid) {
  std::shared_ptr<Machine> machine = co_await host.find(uuid);
  co_return found(std::move(machine), "with uuid " + uuid.text());
}

Task<std::shared_ptr<Machine>> lookup(Host& host, std::string name) {
  std::shared_ptr<Machine> machine = co_await host.find(name);
  co_return found(std::move(machine), "called '" + name + "'");
}

Task<std::shared_ptr<Machine>> lookup(Host& host, std::int32_t id) {
  std::shared_ptr<Machine> machine = co_await host.find(id);
  co_return found(std::move(machine), "running with id " + std::to_string(id));
}

}  // namespace sluice::driver
