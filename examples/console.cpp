// Says one line on a machine's console and shows what comes back until there was a line:  console URI MACHINE LINE

#include <sluice/host.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <thread>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: console URI MACHINE LINE\n";
    return 2;
  }
  try {
    const auto host = sluice::Host::connect(argv[1]);
    sluice::Domain machine = host.lookup(argv[2]);
    sluice::Stream console = machine.console({.force = true});
    // One thread may write while another reads.
    std::thread typing([&console, line = std::string(argv[3]) + "\n"] {
      try {
        console.write(line);
      } catch (const sluice::Failure&) {  // the thread that reads hears of it as well, and says so
      }
    });
    std::array<std::byte, 4096> room;
    std::string error;
    bool line_came = false;
    try {
      while (!line_came) {
        const std::size_t count = console.read(room);
        if (count == 0) break;  // the guest ended
        std::cout.write(reinterpret_cast<const char*>(room.data()), static_cast<std::streamsize>(count));
        line_came = std::find(room.begin(), room.begin() + count, std::byte{'\n'}) != room.begin() + count;
      }
    } catch (const sluice::Failure& failure) {
      error = failure.what();
    }
    typing.join();
    if (!error.empty()) throw sluice::Failure({sluice::Code::operation_failed, error});
    console.finish();
  } catch (const sluice::Failure& failure) {
    std::cerr << "console: " << failure.what() << "\n";
    return 1;
  }
}
