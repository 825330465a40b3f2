// Saves a machine into a writer that the library calls with whatever came; here it finds out how much of the state is
// zeros, and stores nothing.  save_pull URI MACHINE

#include <sluice/host.h>

#include <algorithm>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: save_pull URI MACHINE\n";
    return 2;
  }
  try {
    const auto host = sluice::Host::connect(argv[1]);
    sluice::Domain machine = host.lookup(argv[2]);
    std::uint64_t bytes = 0;
    std::ptrdiff_t zeros = 0;
    machine.save([&](std::span<const std::byte> came) {
      bytes += came.size();
      zeros += std::count(came.begin(), came.end(), std::byte{0});
    });
    std::cout << bytes << " bytes, " << zeros << " of them zero\n";
  } catch (const sluice::Failure& failure) {
    std::cerr << "save_pull: " << failure.what() << "\n";
    return 1;
  }
}
