// Restores a machine by pushing its state into a stream (the paper's API 3): the application owns the loop, so the
// bytes may come from anywhere, decrypted or unpacked on the way.  restore_push URI FILE

#include <sluice/host.h>

#include <fstream>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: restore_push URI FILE\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  if (!file) {
    std::cerr << "restore_push: cannot open '" << argv[2] << "'\n";
    return 1;
  }
  try {
    auto host = sluice::Host::connect(argv[1]);
    sluice::RestoreStream stream = host.restore();  // is there at once; nothing has been waited for
    std::vector<char> room(256 * 1024);
    while (file.read(room.data(), static_cast<std::streamsize>(room.size())), file.gcount() > 0) {
      stream.write({room.data(), static_cast<std::size_t>(file.gcount())});  // waits while the daemon is busy
    }
    if (file.bad()) {
      stream.abort("the file cannot be read");  // the daemon forgets everything that came
      std::cerr << "restore_push: cannot read '" << argv[2] << "'\n";
      return 1;
    }
    const sluice::Domain machine = stream.finish();  // the daemon agrees: the machine is back
    std::cout << machine.name() << " is " << name(machine.state()) << "\n";
  } catch (const sluice::Failure& failure) {
    std::cerr << "restore_push: " << failure.what() << "\n";
    return 1;
  }
}
