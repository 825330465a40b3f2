// Defines a machine from libvirt's domain XML and starts it:  define_and_start URI FILE

#include <sluice/host.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: define_and_start URI FILE\n";
    return 2;
  }
  std::ifstream file(argv[2]);
  const std::string xml((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    std::cerr << "define_and_start: cannot read '" << argv[2] << "'\n";
    return 1;
  }
  try {
    auto host = sluice::Host::connect(argv[1]);
    sluice::Domain machine = host.define(xml);
    machine.start();
    std::cout << machine.name() << " is " << name(machine.state()) << "\n";
  } catch (const sluice::Failure& failure) {
    if (failure.from_daemon()) std::cerr << "refused by the daemon: ";
    std::cerr << failure.what() << "\n";
    return 1;
  }
}
