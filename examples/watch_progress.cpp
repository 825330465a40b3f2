// Watches a save from another connection: events of the machine, and how far its job is.
//
//   watch_progress URI MACHINE FILE

#include <sluice/host.h>

#include <future>
#include <iostream>
#include <mutex>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: watch_progress URI MACHINE FILE\n";
    return 2;
  }
  try {
    auto watching = sluice::Host::connect(argv[1]);
    std::mutex printing;
    const auto events = watching.watch([&printing](const sluice::DomainEvent& event) {  // on the library's thread
      const std::lock_guard lock(printing);
      std::cout << event.name << " was " << name(event) << std::endl;
    });
    const sluice::Domain watched = watching.lookup(argv[2]);

    const auto saving = sluice::Host::connect(argv[1]);
    auto saved = std::async(std::launch::async, [&] { saving.lookup(argv[2]).save(argv[3]); });
    while (saved.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
      if (const auto job = watched.job()) {
        const std::lock_guard lock(printing);
        std::cout << job->processed / 1024 << " of " << job->total / 1024 << " KiB after " << job->elapsed_ms
                  << " ms\n";
      }
    }
    saved.get();                         // throws why it failed
    const auto state = watched.state();  // not with the lock: who waits for it may be the thread that brings the answer
    const std::lock_guard lock(printing);
    std::cout << "saved; " << watched.name() << " is " << name(state) << std::endl;
  } catch (const sluice::Failure& failure) {
    std::cerr << "watch_progress: " << failure.what() << "\n";
    return 1;
  }
}
