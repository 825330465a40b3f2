// A service of your own: its program is declared here, and nothing of Sluice knows about words. A streamed call needs
// no new API on either side.
//
//   own_service serve SOCKET            until standard input ends
//   own_service count SOCKET [FILE]     counts the words of a file, or of standard input

#include <sluice/service.h>

#include <array>
#include <atomic>
#include <cctype>
#include <iostream>
#include <limits>

struct WordCount {
  static constexpr sluice::Proc proc{1, "word_count", sluice::Streaming::up, sluice::Role::none};
  using Reply = sluice::Void;
  struct Result {
    std::uint64_t words = 0, lines = 0;
  };
  std::uint64_t lines_max = 0;  // 0: no limit
};
struct Total {
  static constexpr sluice::Proc proc{2, "total", sluice::Streaming::none, sluice::Role::none};
  struct Reply {
    std::uint64_t words = 0;  // since the service was started
  };
};
using Words = sluice::Program<0x20770001, 1, WordCount, Total>;

static WordCount::Result count(const WordCount& ask, sluice::Stream& text) {
  WordCount::Result result;
  std::array<std::byte, 65536> room;
  bool in_word = false;
  while (const std::size_t size = text.read(room)) {
    for (std::size_t i = 0; i < size; ++i) {
      const bool space = std::isspace(std::to_integer<unsigned char>(room[i])) != 0;
      if (!space && !in_word) ++result.words;
      in_word = !space;
      if (room[i] != std::byte{'\n'}) continue;
      ++result.lines;
      if (ask.lines_max != 0 && result.lines > ask.lines_max) {
        throw sluice::Failure({sluice::Code::overflow, "more than " + std::to_string(ask.lines_max) + " lines"});
      }
    }
  }
  return result;
}

static void serve(const std::string& socket) {
  sluice::Server server({.socket = socket});
  std::atomic<std::uint64_t> total = 0;
  server.on<Words>([&](const WordCount& ask, sluice::Stream& text) {  // on a thread of its own: it may block
    const auto result = count(ask, text);
    total += result.words;
    return result;
  });
  server.on<Words>([&](const Total&) { return Total::Reply{total}; });
  server.start();
  std::cout << "listening" << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}

static void ask(const std::string& socket, const sluice::Input& from) {
  auto connection = sluice::Connection::open(socket);
  auto text = connection.open<Words>(WordCount{.lines_max = 1'000'000});
  const WordCount::Result result = text.send(from);
  const auto total = connection.call<Words>(Total{});
  std::cout << result.words << " words in " << result.lines << " lines, " << total.words << " in total\n";
}

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  try {
    if (verb == "serve") {
      serve(argv[2]);
    } else if (verb == "count" && argc > 3) {
      ask(argv[2], std::filesystem::path(argv[3]));
    } else if (verb == "count") {
      ask(argv[2], sluice::Descriptor{0});
    } else {
      std::cerr << "usage: own_service serve|count SOCKET [FILE]\n";
      return 2;
    }
  } catch (const sluice::Failure& failure) {
    std::cerr << "own_service: " << failure.what() << "\n";
    return 1;
  }
}
