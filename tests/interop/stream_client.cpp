// A client of one connection that is told what to do, for tests in other languages: a command is a line of standard
// input, and its outcome a line of standard output, "done", "done VALUE" or "failed: REASON".
//
//   stream_client URI POOL VOLUME
//
//   open up|down OFFSET LENGTH     a stream of the volume; what it is sent are bytes 0xA5
//   move BYTES                     exactly so many through it
//   fail BYTES                     as move, and its finish; that one of them failed is wanted: why is the value
//   abort                          of the stream
//   call                           a small one
//   upload OFFSET LENGTH FILE      a whole transfer, and its confirmation
//   download OFFSET LENGTH FILE

#include <sluice/host.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct EndedEarly : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Client {
 public:
  Client(const std::string& uri, const std::string& pool, const std::string& volume)
      : host_(sluice::Host::connect(uri)), volume_(host_.lookup_pool(pool).lookup(volume)) {}

  // The value of the outcome; throws why there is none.
  std::string obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb, file;
    sluice::VolumeRange range;
    words >> verb;
    if (verb == "open") {
      std::string direction;
      words >> direction >> range.offset >> range.length;
      up_ = direction == "up";
      stream_ = up_ ? volume_.upload(range) : volume_.download(range);
    } else if (verb == "move") {
      move(number(words));
    } else if (verb == "fail") {
      return reason_of_failure(number(words));
    } else if (verb == "abort") {
      stream_.abort();
    } else if (verb == "call") {
      return host_.hostname();
    } else if (verb == "upload" || verb == "download") {
      words >> range.offset >> range.length >> file;
      if (verb == "upload") volume_.upload(file, range);
      if (verb == "download") volume_.download(file, range);
    } else {
      throw std::runtime_error("no command '" + verb + "'");
    }
    return {};
  }

 private:
  static std::uint64_t number(std::istream& words) {
    std::uint64_t value = 0;
    words >> value;
    return value;
  }

  void move(std::uint64_t bytes) {
    while (bytes > 0) {
      const std::span<std::byte> piece = std::span(piece_).first(std::min<std::uint64_t>(bytes, piece_.size()));
      if (up_) {
        stream_.write(piece);
        bytes -= piece.size();
      } else {
        const std::size_t came = stream_.read(room_of(piece));
        if (came == 0) throw EndedEarly("the stream ended " + std::to_string(bytes) + " bytes early");
        bytes -= came;
      }
    }
  }

  std::string reason_of_failure(std::uint64_t bytes) {
    try {
      try {
        move(bytes);
      } catch (const EndedEarly&) {  // libvirtd tells why in answer to the finish
      }
      stream_.finish();
    } catch (const sluice::Failure& failure) {
      return failure.what();
    }
    throw std::runtime_error("it did not fail");
  }

  // What is received must not change what will be sent.
  std::span<std::byte> room_of(std::span<const std::byte> piece) { return std::span(room_).first(piece.size()); }

  sluice::Host host_;
  sluice::Volume volume_;
  sluice::Stream stream_;
  bool up_ = false;
  std::vector<std::byte> piece_ = std::vector<std::byte>(1 << 20, std::byte{0xA5});
  std::vector<std::byte> room_ = std::vector<std::byte>(1 << 20);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: stream_client URI POOL VOLUME\n";
    return 2;
  }
  try {
    Client client(argv[1], argv[2], argv[3]);
    std::string line;
    while (std::getline(std::cin, line)) {
      try {
        const std::string value = client.obey(line);
        std::cout << "done" << (value.empty() ? "" : " ") << value << std::endl;
      } catch (const std::exception& problem) {
        std::cout << "failed: " << problem.what() << std::endl;
      }
    }
  } catch (const sluice::Failure& failure) {
    std::cerr << "stream_client: " << failure.what() << "\n";
    return 1;
  }
}
