// Restores a machine from a program with an event loop of its own: nothing here blocks but its one poll.
//
//   event_loop URI FILE

#include <fcntl.h>
#include <poll.h>
#include <sluice/host.h>
#include <unistd.h>

#include <iostream>
#include <vector>

// Feeds a stream from a descriptor whenever there is room.
class Feeding {
 public:
  Feeding(sluice::RestoreStream stream, int fd) : stream_(std::move(stream)), fd_(fd), room_(256 * 1024) {
    stream_.on_writable([this] { feed(); });
    stream_.on_finished([this] { over_ = stream_.finished().has_value(); });  // throws the daemon's reason
  }
  bool over() const { return over_; }

 private:
  void feed() {
    for (;;) {
      if (left_.empty()) {
        const ssize_t count = ::read(fd_, room_.data(), room_.size());
        if (count < 0) throw std::runtime_error("cannot read the file");
        if (count == 0) return stream_.begin_finish();
        left_ = std::span(room_).first(static_cast<std::size_t>(count));
      }
      const std::size_t taken = stream_.try_write(left_);
      left_ = left_.subspan(taken);
      if (!left_.empty()) return;  // on_writable tells when to go on
    }
  }

  sluice::RestoreStream stream_;
  int fd_;
  std::vector<std::byte> room_;
  std::span<const std::byte> left_;
  bool over_ = false;
};

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: event_loop URI FILE\n";
    return 2;
  }
  const int fd = ::open(argv[2], O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    std::cerr << "event_loop: cannot open '" << argv[2] << "'\n";
    return 1;
  }
  int code = 0;
  try {
    sluice::Runtime runtime;
    pollfd due{runtime.event_fd(), POLLIN, 0};  // callbacks wait for dispatch() from here on
    auto host = sluice::Host::connect(argv[1], {.runtime = runtime});
    Feeding feeding(host.restore(), fd);
    int rounds = 0;
    for (; !feeding.over(); ++rounds) {
      ::poll(&due, 1, -1);  // beside the program's other descriptors
      runtime.dispatch();
    }
    std::cout << "restored in " << (rounds > 0 ? "some" : "no") << " rounds of the loop\n";
  } catch (const std::exception& failure) {
    std::cerr << "event_loop: " << failure.what() << "\n";
    code = 1;
  }
  ::close(fd);
  return code;
}
