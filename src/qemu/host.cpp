#include "qemu/host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "io/failure.h"
#include "io/random.h"
#include "io/undo.h"
#include "model/capabilities.h"
#include "model/complete.h"
#include "model/domain_xml.h"
#include "model/same_machine.h"
#include "qemu/buildable.h"
#include "qemu/machine.h"
#include "qemu/strays.h"

namespace sluice::qemu {

using driver::Machine;
using model::DomainSpec;
template <class T = void>
using Task = io::Task<T>;

struct QemuHost::Inside {
  explicit Inside(std::shared_ptr<Household> shared) : household(std::move(shared)) {
    household->forget = [this](const Machine& machine) {
      const std::lock_guard lock(mutex);
      const auto found = machines.find(machine.uuid());
      if (found == machines.end() || found->second.get() != &machine) return false;
      machines.erase(found);
      return true;
    };
  }
  // Machine objects may be held longer than the host.
  ~Inside() {
    household->forget = [](const Machine&) { return false; };
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  // The machine of that uuid and name, new if there is none; refused if either belongs to another.
  std::shared_ptr<QemuMachine> claim(const Uuid& uuid, const std::string& name) {
    const std::lock_guard lock(mutex);
    if (const auto known = machines.find(uuid); known != machines.end()) {
      if (known->second->name() == name) return known->second;
      io::fail(Code::operation_failed,
               "uuid " + uuid.text() + " belongs to machine '" + known->second->name() + "', not to '" + name + "'",
               ErrorDomain::qemu);
    }
    for (const auto& [other, machine] : machines) {
      if (machine->name() != name) continue;
      io::fail(Code::operation_failed,
               "there is a machine '" + name + "' already, with uuid " + other.text() + " instead of " + uuid.text(),
               ErrorDomain::qemu);
    }
    auto machine = std::make_shared<QemuMachine>(household, uuid, name);
    machines.emplace(uuid, machine);
    return machine;
  }

  // Counts who works on the machine of a uuid.
  class Claim {
   public:
    Claim(Inside& inside, const Uuid& uuid) : inside_(inside), uuid_(uuid) {
      const std::lock_guard lock(inside_.mutex);
      ++inside_.claims[uuid_];
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() {
      const std::lock_guard lock(inside_.mutex);
      if (--inside_.claims[uuid_] == 0) inside_.claims.erase(uuid_);
    }
    bool is_the_only_one() const {
      const std::lock_guard lock(inside_.mutex);
      return inside_.claims[uuid_] == 1;
    }

   private:
    Inside& inside_;
    Uuid uuid_;
  };

  template <class Matches>
  std::shared_ptr<Machine> find(Matches matches) {
    const std::lock_guard lock(mutex);
    for (const auto& [uuid, machine] : machines) {
      if (matches(*machine)) return machine;
    }
    return nullptr;
  }

  // Runs `work` on the machine a definition means; one that was new and came to nothing is forgotten again.
  template <class Work>
  Task<std::shared_ptr<Machine>> with(const DomainSpec& spec, Work work) {
    const std::shared_ptr<QemuMachine> machine = claim(spec.uuid, spec.name);
    const Claim claimed(*this, spec.uuid);
    auto run = [&] { return work(*machine); };
    const io::Executor executor = co_await asio::this_coro::executor;
    auto undo = [&](Error why) -> Task<Error> {
      // Somebody else may be about to define or start the same machine.
      if (claimed.is_the_only_one()) {
        co_await io::undisturbed(executor, [&] { return machine->forget_if_nothing(); });
      }
      co_return why;
    };
    co_await io::or_undo(run, undo);
    co_return machine;
  }

  Task<> load();
  Task<> take_over();

  std::shared_ptr<Household> household;
  std::mutex mutex;
  std::map<Uuid, std::shared_ptr<QemuMachine>> machines;
  std::map<Uuid, std::size_t> claims;
};

namespace {

DomainSpec parsed(const std::string& xml) {
  DomainSpec spec = io::or_throw(model::parse_domain(xml));
  model::complete(spec, [](MutableBytes out) { io::fill_random(out); });
  return spec;
}

void prepare_state_directory(const std::string& path) {
  if (path.empty() || path.front() != '/')
    io::fail(Code::invalid_arg, "the state directory '" + path + "' is not an absolute path");
  std::error_code error;
  std::filesystem::create_directories(path + "/machines", error);
  if (error) io::fail(Code::system_error, "cannot make directory '" + path + "/machines': " + error.message());
  // Monitor sockets and logs are nobody else's affair.
  if (::chmod((path + "/machines").c_str(), 0700) != 0)
    io::fail_with_errno("cannot close '" + path + "/machines' to others");
}

model::HostCapabilities capabilities(const Emulator& emulator, bool kvm_allowed) {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
  model::HostCapabilities host{.emulator = emulator.path};
  if (processors > 0) host.cores = static_cast<std::uint32_t>(processors);
  if (pages > 0 && page > 0)
    host.memory_kib = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 1024;
  if (kvm_allowed && std::filesystem::exists("/dev/kvm")) host.types.push_back(model::VirtType::kvm);
  host.types.push_back(model::VirtType::qemu);
  for (const qmp::MachineType& each : emulator.machines) {
    if (!each.name.starts_with("pc-i440fx-") && !each.name.starts_with("pc-q35-")) continue;
    host.machines.push_back({.name = each.name, .alias = each.alias, .cpus_max = each.cpus_max});
  }
  return host;
}

}  // namespace

QemuHost::QemuHost(std::shared_ptr<Inside> inside) : inside_(std::move(inside)) {}
QemuHost::~QemuHost() = default;

Task<std::unique_ptr<QemuHost>> QemuHost::open(HostOptions options, Surroundings surroundings) {
  const io::Executor executor = surroundings.executor;
  std::optional<Account> account = co_await surroundings.disk.run([options] {
    prepare_state_directory(options.state_directory);
    return qemu_account(options.user);
  });
  if (account && account->fallback) {
    surroundings.log.warning("there is no user 'sluice-qemu': QEMU runs as 'nobody'");
  }
  auto household = std::make_shared<Household>(std::move(options), std::move(surroundings), std::move(account));
  std::unique_ptr<QemuHost> host(new QemuHost(std::make_shared<Inside>(std::move(household))));
  Inside& inside = *host->inside_;
  auto work = [&inside]() -> Task<> {
    co_await inside.load();
    co_await inside.take_over();
  };
  auto undo = [&inside, executor](Error why) -> Task<Error> {
    co_await io::undisturbed(executor, [&inside] { return inside.household->close(); });
    co_return why;
  };
  co_await io::or_undo(work, undo);
  co_return host;
}

Task<> QemuHost::Inside::load() {
  std::vector<driver::Definition> definitions;
  co_await household->store([&definitions](driver::Store& store) { definitions = store.definitions(); });
  for (const driver::Definition& definition : definitions) {
    auto machine = std::make_shared<QemuMachine>(household, definition.uuid, definition.name);
    try {
      machine->load(definition);
      machines.emplace(definition.uuid, std::move(machine));
    } catch (const io::Failure& failure) {
      // It stays in the store: a newer program may understand it.
      household->around.log.error("a stored definition cannot be used",
                                  {{"machine", definition.name}, {"reason", failure.error.message}});
    }
  }
}

Task<> QemuHost::Inside::take_over() {
  std::vector<driver::RunningNote> notes;
  co_await household->store([&notes](driver::Store& store) { notes = store.running(); });
  std::set<Uuid> noted;
  for (driver::RunningNote& note : notes) {
    noted.insert(note.uuid);
    const auto spec = model::parse_domain(note.live_xml);
    if (!spec) {
      household->around.log.error("a note about a running machine cannot be used",
                                  {{"uuid", note.uuid.text()}, {"reason", spec.error().message}});
      continue;
    }
    const Uuid uuid = note.uuid;
    try {
      const std::shared_ptr<QemuMachine> machine = claim(uuid, spec->name);
      co_await machine->take_over(std::move(note));
      co_await machine->forget_if_nothing();
    } catch (const io::Failure& failure) {
      // One machine in disorder is no reason to leave all the others alone.
      household->around.log.error("a running machine could not be taken over",
                                  {{"uuid", uuid.text()}, {"reason", failure.error.message}});
    }
  }
  co_await end_strays(*household, std::move(noted));
}

Task<driver::HostFacts> QemuHost::facts() {
  Household& household = *inside_->household;
  const Emulator emulator = co_await household.emulators.find(household.options.emulator);
  const model::HostCapabilities host = capabilities(emulator, household.options.kvm);
  co_return driver::HostFacts{.type = "QEMU",
                              .version = emulator.version_number(),
                              .capabilities_xml = model::print_capabilities(host),
                              .domain_capabilities_xml = io::or_throw(model::print_domain_capabilities(host))};
}

Task<std::shared_ptr<Machine>> QemuHost::define(std::string xml) {
  const DomainSpec spec = parsed(xml);
  auto define = [&spec](QemuMachine& machine) { return machine.define(spec); };
  co_return co_await inside_->with(spec, define);
}

Task<std::shared_ptr<Machine>> QemuHost::create(std::string xml, driver::StartOptions options) {
  const DomainSpec spec = parsed(xml);
  auto create = [&](QemuMachine& machine) { return machine.create(spec, options); };
  co_return co_await inside_->with(spec, create);
}

Task<std::shared_ptr<Machine>> QemuHost::restore(io::Source& from, driver::RestoreOptions options, driver::Job& job) {
  const io::Clock& clock = inside_->household->around.clock;
  const Instant begun = clock.now();
  const auto progress = [&](std::uint64_t bytes) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begun);
    job.report({.processed = bytes, .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
  };
  driver::ContainerSource container(from, progress);
  std::shared_ptr<Machine> machine;
  auto work = [&]() -> Task<> {
    const saved::Opening opening = co_await container.opening();
    const std::string text = co_await container.xml();
    const DomainSpec saved = io::or_throw(model::parse_domain(text));
    if (saved.uuid != opening.uuid) {
      io::fail(Code::operation_failed, "the saved state's definition is of another machine than its header");
    }
    DomainSpec spec = saved;
    if (!options.xml.empty()) {
      spec = io::or_throw(model::parse_domain(options.xml));
      if (spec.uuid.is_nil()) spec.uuid = saved.uuid;
      model::complete(spec, [](MutableBytes out) { io::fill_random(out); });
      spec = co_await resolved(*inside_->household, std::move(spec));
      io::or_throw(model::same_machine(saved, spec));
    }
    const bool running =
        options.resume == driver::Resume::as_it_was ? opening.was_running : options.resume == driver::Resume::running;
    auto restore = [&](QemuMachine& known) { return known.restore(spec, container, running, job); };
    machine = co_await inside_->with(spec, restore);
  };
  auto undo = [&](Error why) -> Task<Error> {
    from.stop(why);
    co_return why;
  };
  co_await io::or_undo(work, undo);
  co_return machine;
}

Task<std::vector<std::shared_ptr<Machine>>> QemuHost::machines() {
  const std::lock_guard lock(inside_->mutex);
  std::vector<std::shared_ptr<Machine>> all;
  for (const auto& [uuid, machine] : inside_->machines) all.push_back(machine);
  co_return all;
}

Task<std::shared_ptr<Machine>> QemuHost::find(Uuid uuid) {
  co_return inside_->find([&uuid](const QemuMachine& machine) { return machine.uuid() == uuid; });
}
Task<std::shared_ptr<Machine>> QemuHost::find(std::string name) {
  co_return inside_->find([&name](const QemuMachine& machine) { return machine.name() == name; });
}
Task<std::shared_ptr<Machine>> QemuHost::find(std::int32_t id) {
  co_return inside_->find([id](const QemuMachine& machine) { return id >= 0 && machine.id() == id; });
}

std::shared_ptr<void> QemuHost::watch(std::function<void(const driver::LifecycleEvent&)> told) {
  return inside_->household->watch(std::move(told));
}

driver::Storage* QemuHost::storage() { return inside_->household->around.storage; }

Task<> QemuHost::close() { co_await inside_->household->close(); }

Task<> QemuHost::start_marked() {
  const std::vector<std::shared_ptr<Machine>> all = co_await machines();
  for (const std::shared_ptr<Machine>& machine : all) {
    if (!co_await machine->autostart()) continue;
    const driver::MachineRef ref = co_await machine->ref();
    if (ref.id >= 0) continue;
    try {
      co_await machine->start({});
    } catch (const io::Failure& failure) {
      inside_->household->around.log.error("cannot start a machine with the host",
                                           {{"machine", ref.name}, {"reason", failure.error.message}});
    }
  }
}

}  // namespace sluice::qemu
