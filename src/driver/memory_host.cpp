#include "driver/memory_host.h"

#include <map>

#include "driver/memory_house.h"
#include "driver/memory_machine.h"
#include "driver/memory_storage.h"
#include "io/random.h"
#include "io/undo.h"
#include "model/capabilities.h"
#include "model/complete.h"
#include "model/domain_xml.h"
#include "model/same_machine.h"

namespace sluice::driver {

using model::DomainSpec;

namespace {

// As with libvirt's own test:///default, so that scripts written for that find what they expect.
constexpr std::string_view default_definition = R"(<domain type='test'>
  <name>test</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <memory unit='GiB'>8</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  <devices><console type='pty'/></devices>
</domain>
)";

constexpr std::string_view default_pool = R"(<pool type='dir'>
  <name>default-pool</name>
  <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>
  <target><path>/default-pool</path></target>
</pool>
)";

DomainSpec parsed(const std::string& xml) {
  DomainSpec spec = io::or_throw(model::parse_domain(xml));
  model::complete(spec, [](MutableBytes out) { io::fill_random(out); });
  return spec;
}

// What a saved state says of its machine, or what the one who restores says instead.
DomainSpec wanted(const saved::Opening& opening, const std::string& stored, const RestoreOptions& options) {
  const DomainSpec spec = io::or_throw(model::parse_domain(stored));
  if (spec.uuid != opening.uuid) {
    io::fail(Code::operation_failed, "the saved state's definition is of another machine than its header");
  }
  if (options.xml.empty()) return spec;
  DomainSpec other = io::or_throw(model::parse_domain(options.xml));
  if (other.uuid.is_nil()) other.uuid = spec.uuid;
  model::complete(other, [](MutableBytes out) { io::fill_random(out); });
  io::or_throw(model::same_machine(spec, other));
  return other;
}

}  // namespace

struct MemoryHost::Inside {
  explicit Inside(std::shared_ptr<MemoryHouse> shared)
      : house(std::move(shared)),
        storage({.strand = house->strand(),
                 .clock = house->clock(),
                 .memory_max = house->options().volume_memory_max,
                 .faults = [house = house] { return house->faults(); }}) {}

  // The machine of that uuid and name, new if there is none; refused if either belongs to another.
  std::shared_ptr<MemoryMachine> claim(const DomainSpec& spec) {
    for (const auto& [uuid, machine] : machines) {
      const bool same_uuid = uuid == spec.uuid, same_name = machine->name() == spec.name;
      if (same_uuid && same_name) return machine;
      if (same_uuid) {
        io::fail(Code::operation_failed,
                 "uuid " + uuid.text() + " belongs to machine '" + machine->name() + "', not to '" + spec.name + "'",
                 ErrorDomain::domain);
      }
      if (same_name) {
        io::fail(Code::operation_failed,
                 "there is a machine '" + spec.name + "' already, with uuid " + uuid.text() + " instead of " +
                     spec.uuid.text(),
                 ErrorDomain::domain);
      }
    }
    auto machine = std::make_shared<MemoryMachine>(house, spec.uuid, spec.name);
    machines.emplace(spec.uuid, machine);
    return machine;
  }

  // Runs `work` on the machine a definition means; one that was new and came to nothing is forgotten again.
  template <class Work>
  std::shared_ptr<MemoryMachine> with(const DomainSpec& spec, Work work) {
    if (house->closed) io::fail(Code::operation_invalid, "the host is closed");
    const std::shared_ptr<MemoryMachine> machine = claim(spec);
    try {
      work(*machine);
    } catch (...) {
      machine->forget_if_nothing();
      throw;
    }
    return machine;
  }

  template <class Matches>
  std::shared_ptr<Machine> find(Matches matches) const {
    for (const auto& [uuid, machine] : machines) {
      if (matches(*machine)) return machine;
    }
    return nullptr;
  }

  std::shared_ptr<MemoryHouse> house;
  std::map<Uuid, std::shared_ptr<MemoryMachine>> machines;
  MemoryStorage storage;
};

MemoryHost::MemoryHost(const io::Executor& executor, io::Clock& clock, MemoryHostOptions options)
    : inside_(std::make_shared<Inside>(std::make_shared<MemoryHouse>(executor, clock, options))) {
  inside_->house->forget = [weak = std::weak_ptr(inside_)](const MemoryMachine& machine) {
    const auto inside = weak.lock();
    if (!inside) return;
    const auto found = inside->machines.find(machine.uuid());
    if (found != inside->machines.end() && found->second.get() == &machine) inside->machines.erase(found);
  };
}

MemoryHost::~MemoryHost() = default;

std::unique_ptr<MemoryHost> MemoryHost::with_default_machine(const io::Executor& executor, io::Clock& clock,
                                                             MemoryHostOptions options) {
  auto host = std::make_unique<MemoryHost>(executor, clock, options);
  // Nobody else knows the host yet, so this need not be on its strand.
  const DomainSpec spec = parsed(std::string(default_definition));
  host->inside_->with(spec, [&spec](MemoryMachine& machine) {
    machine.define_here(spec);
    machine.start_here(spec, {});
  });
  host->inside_->storage.begin_with(default_pool);
  return host;
}

void MemoryHost::set_faults(Faults faults) { inside_->house->set_faults(std::move(faults)); }

Task<HostFacts> MemoryHost::facts() {
  const model::HostCapabilities capabilities{.memory_kib = 3 * 1024 * 1024, .types = {model::VirtType::test}};
  // Without an emulator there is nothing to say about what its machines may have.
  const auto domains = model::print_domain_capabilities(capabilities);
  co_return HostFacts{.type = "TEST",
                      .version = 2,
                      .capabilities_xml = model::print_capabilities(capabilities),
                      .domain_capabilities_xml = domains.value_or("")};
}

Task<std::shared_ptr<Machine>> MemoryHost::define(std::string xml) {
  const DomainSpec spec = parsed(xml);
  auto define = [inside = inside_, spec]() -> Task<std::shared_ptr<Machine>> {
    co_return inside->with(spec, [&spec](MemoryMachine& machine) { machine.define_here(spec); });
  };
  co_return co_await io::on(inside_->house->strand(), std::move(define));
}

Task<std::shared_ptr<Machine>> MemoryHost::create(std::string xml, StartOptions options) {
  const DomainSpec spec = parsed(xml);
  auto create = [inside = inside_, spec, options]() -> Task<std::shared_ptr<Machine>> {
    co_return inside->with(spec, [&](MemoryMachine& machine) { machine.start_here(spec, options); });
  };
  co_return co_await io::on(inside_->house->strand(), std::move(create));
}

Task<std::shared_ptr<Machine>> MemoryHost::restore(io::Source& from, RestoreOptions options, Job& job) {
  const auto inside = inside_;
  const io::Executor strand = inside->house->strand();
  io::Clock& clock = inside->house->clock();
  const auto progress = [&job, &clock, begun = clock.now()](std::uint64_t bytes) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begun);
    job.report({.processed = bytes, .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
  };
  ContainerSource container(from, progress);
  const auto alarm = std::make_shared<io::Alarm>(co_await asio::this_coro::executor);
  std::shared_ptr<MemoryMachine> machine;
  std::string name;
  bool begun = false;

  auto work = [&]() -> Task<> {
    const saved::Opening opening = co_await container.opening();
    const std::string stored = co_await container.xml();
    const DomainSpec spec = wanted(opening, stored, options);
    name = spec.name;
    auto begin = [&]() -> Task<> {
      machine = inside->with(spec, [&](MemoryMachine& known) { known.begin_restore(spec, job, alarm); });
      begun = true;
      co_return;
    };
    co_await io::on(strand, begin);
    PretendGuest guest = co_await machine->read_state(container, alarm);
    const bool running = options.resume == Resume::as_it_was ? opening.was_running : options.resume == Resume::running;
    auto finish = [&]() -> Task<> {
      machine->finish_restore(std::move(guest), running);
      begun = false;
      co_return;
    };
    co_await io::on(strand, finish);
  };
  auto undo = [&](Error why) -> Task<Error> {
    from.stop(why);
    auto stop = [&]() -> Task<> {
      if (begun) machine->stop_restore();
      co_return;
    };
    co_await io::undisturbed(strand, stop);
    co_return why.while_doing(name.empty() ? "cannot restore a machine" : "cannot restore machine '" + name + "'");
  };
  co_await io::or_undo(work, undo);
  co_return machine;
}

Task<std::vector<std::shared_ptr<Machine>>> MemoryHost::machines() {
  auto list = [inside = inside_]() -> Task<std::vector<std::shared_ptr<Machine>>> {
    std::vector<std::shared_ptr<Machine>> all;
    for (const auto& [uuid, machine] : inside->machines) all.push_back(machine);
    co_return all;
  };
  co_return co_await io::on(inside_->house->strand(), std::move(list));
}

Task<std::shared_ptr<Machine>> MemoryHost::find(Uuid uuid) {
  auto find = [inside = inside_, uuid]() -> Task<std::shared_ptr<Machine>> {
    co_return inside->find([&uuid](const MemoryMachine& machine) { return machine.uuid() == uuid; });
  };
  co_return co_await io::on(inside_->house->strand(), std::move(find));
}

Task<std::shared_ptr<Machine>> MemoryHost::find(std::string name) {
  auto find = [inside = inside_, name]() -> Task<std::shared_ptr<Machine>> {
    co_return inside->find([&name](const MemoryMachine& machine) { return machine.name() == name; });
  };
  co_return co_await io::on(inside_->house->strand(), std::move(find));
}

Task<std::shared_ptr<Machine>> MemoryHost::find(std::int32_t id) {
  auto find = [inside = inside_, id]() -> Task<std::shared_ptr<Machine>> {
    co_return inside->find([id](const MemoryMachine& machine) { return id >= 0 && machine.id() == id; });
  };
  co_return co_await io::on(inside_->house->strand(), std::move(find));
}

std::shared_ptr<void> MemoryHost::watch(std::function<void(const LifecycleEvent&)> told) {
  return inside_->house->watch(std::move(told));
}

Storage* MemoryHost::storage() { return &inside_->storage; }

Task<> MemoryHost::close() {
  auto close = [inside = inside_]() -> Task<> {
    if (inside->house->closed) co_return;
    const auto machines = inside->machines;  // those without a definition take themselves off the list
    for (const auto& [uuid, machine] : machines) machine->close_here();
    inside->house->closed = true;
    inside->machines.clear();
  };
  co_await io::on(inside_->house->strand(), std::move(close));
}

}  // namespace sluice::driver
