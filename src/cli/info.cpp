#include <iomanip>
#include <iostream>

#include "cli/command.h"
#include "cli/json.h"

namespace sluice::cli {
namespace {

void print_json(const Domain& domain, const DomainInfo& info) {
  std::cout << JsonObject()
                   .add("name", domain.name())
                   .add("uuid", domain.uuid())
                   .add("id", domain.id())
                   .add("state", name(info.state))
                   .add("vcpus", info.vcpus)
                   .add("memory_max_kib", info.memory_max_kib)
                   .add("memory_kib", info.memory_kib)
                   .add("cpu_time_ns", info.cpu_time_ns)
                   .add("persistent", domain.persistent())
                   .add("autostart", domain.autostart())
                   .text()
            << "\n";
}

void print_lines(const Domain& domain, const DomainInfo& info) {
  const auto line = [](const char* what, const auto& value) {
    std::cout << std::left << std::setw(14) << what << value << "\n";
  };
  line("Name:", domain.name());
  line("UUID:", domain.uuid());
  if (domain.id()) line("Id:", *domain.id());
  line("State:", name(info.state));
  line("Processors:", info.vcpus);
  line("Memory:", std::to_string(info.memory_kib) + " KiB of " + std::to_string(info.memory_max_kib) + " KiB");
  line("CPU time:", std::to_string(info.cpu_time_ns / 1'000'000) + " ms");
  line("Persistent:", domain.persistent() ? "yes" : "no");
  line("Autostart:", domain.autostart() ? "yes" : "no");
  if (const auto job = domain.job())
    line("Job:", std::to_string(job->elapsed_ms) + " ms, " + std::to_string(job->processed) + " bytes");
}

}  // namespace

void add_info(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "info", "Say what a machine is and what it does", [&terminal](Domain& domain) {
    const DomainInfo info = domain.info();
    if (terminal.json) {
      print_json(domain, info);
    } else {
      print_lines(domain, info);
    }
  });
}

}  // namespace sluice::cli
