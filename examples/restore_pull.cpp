// Restores a machine from a reader that the library calls whenever it wants more (the paper's API 5): the library owns
// the loop.  restore_pull URI FILE

#include <sluice/host.h>

#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: restore_pull URI FILE\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  if (!file) {
    std::cerr << "restore_pull: cannot open '" << argv[2] << "'\n";
    return 1;
  }
  const auto reader = [&file](std::span<std::byte> room) {
    file.read(reinterpret_cast<char*>(room.data()), static_cast<std::streamsize>(room.size()));
    if (file.bad()) throw std::ios_base::failure("the file cannot be read");  // aborts the restore, and comes out below
    return static_cast<std::size_t>(file.gcount());                           // 0: the end
  };
  try {
    auto host = sluice::Host::connect(argv[1]);
    const sluice::Domain machine = host.restore(reader);
    std::cout << machine.name() << " is " << name(machine.state()) << "\n";
  } catch (const std::exception& failure) {
    std::cerr << "restore_pull: " << failure.what() << "\n";
    return 1;
  }
}
