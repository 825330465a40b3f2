// Lists the machines of a host:  list_machines [URI]

#include <sluice/host.h>

#include <iostream>

int main(int argc, char** argv) {
  try {
    const auto host = sluice::Host::connect(argc > 1 ? argv[1] : "test:///default");
    std::cout << "machines of " << host.hostname() << " (" << host.version().hypervisor << ")\n";
    for (const sluice::Domain& machine : host.domains()) {
      const sluice::DomainInfo info = machine.info();
      std::cout << machine.name() << ": " << name(info.state) << ", " << info.vcpus << " CPUs, "
                << info.memory_kib / 1024 << " MiB\n";
    }
  } catch (const sluice::Failure& failure) {
    std::cerr << "list_machines: " << failure.what() << "\n";
    return 1;
  }
}
