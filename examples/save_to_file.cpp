// Saves a machine the simplest way: into a file, or into a descriptor that is open already (the paper's API 1).
//
//   save_to_file URI MACHINE FILE       whole or absent, whatever happens on the way
//   save_to_file URI MACHINE | ...      into standard output

#include <sluice/host.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: save_to_file URI MACHINE [FILE]\n";
    return 2;
  }
  try {
    const auto host = sluice::Host::connect(argv[1]);
    sluice::Domain machine = host.lookup(argv[2]);
    if (argc > 3) {
      machine.save(argv[3]);
    } else {
      machine.save(sluice::Descriptor{1});
    }
  } catch (const sluice::Failure& failure) {
    std::cerr << "save_to_file: " << failure.what() << "\n";
    return 1;
  }
}
