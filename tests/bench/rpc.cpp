// The three ways to feed a procedure with data that were weighed when libvirt's streams were designed, to be compared
// over a long way:
//
//   rpc1   every piece is a call that is answered before the next
//   rpc2   a call is answered, then the pieces follow, and the end is confirmed; the library has no streams that wait
//          for an answer where they need not, so here a call of its own goes before the stream
//   rpc3   the pieces follow the call at once, and its answer is the confirmation
//
//   bench_rpc serve SOCKET             until standard input ends
//   bench_rpc rpc1|rpc2|rpc3 SOCKET BYTES   prints {"seconds": ...}, from the call to the confirmation

#include <sluice/service.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>

namespace {

constexpr std::size_t piece_size = 256 * 1024;  // of a frame between Sluice ends

struct Piece {
  static constexpr sluice::Proc proc{1, "piece", sluice::Streaming::none, sluice::Role::none};
  using Reply = sluice::Void;
  std::string bytes;
};
struct Prepare {
  static constexpr sluice::Proc proc{2, "prepare", sluice::Streaming::none, sluice::Role::none};
  using Reply = sluice::Void;
};
// Its data follow the call at once, and it is answered when it is done.
struct Feed {
  static constexpr sluice::Proc proc{3, "feed", sluice::Streaming::up, sluice::Role::none};
  using Reply = sluice::Void;
  struct Result {
    std::uint64_t bytes = 0;
  };
};
using Feeding = sluice::Program<0x20770002, 1, Piece, Prepare, Feed>;

Feed::Result taken_of(sluice::Stream& stream) {
  static thread_local std::array<std::byte, piece_size> room;
  Feed::Result taken;
  while (const std::size_t size = stream.read(room)) taken.bytes += size;
  return taken;
}

void serve(const std::string& socket) {
  sluice::Server server({.socket = socket, .name = "Feeding"});
  server.on<Feeding>([](const Piece&) { return sluice::Void(); });
  server.on<Feeding>([](const Prepare&) { return sluice::Void(); });
  server.on<Feeding>([](const Feed&, sluice::Stream& stream) { return taken_of(stream); });
  server.start();
  std::cout << "listening" << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}

void feed(sluice::Connection& connection, std::uint64_t bytes) {
  const std::vector<std::byte> piece(piece_size, std::byte{0xA5});
  auto stream = connection.open<Feeding>(Feed{});
  for (std::uint64_t left = bytes; left > 0;) {
    const std::size_t now = std::min<std::uint64_t>(left, piece.size());
    stream.write(std::span(piece).first(now));
    left -= now;
  }
  if (stream.finish().bytes != bytes) throw std::runtime_error("not all arrived");
}

void call_by_call(sluice::Connection& connection, std::uint64_t bytes) {
  const Piece piece{.bytes = std::string(piece_size, 'A')};
  for (std::uint64_t sent = 0; sent < bytes; sent += piece_size) connection.call<Feeding>(piece);
}

void measure(const std::string& how, const std::string& socket, std::uint64_t bytes) {
  auto connection = sluice::Connection::open(socket);
  connection.call<Feeding>(Piece{});  // from here on the way is known
  const auto began = std::chrono::steady_clock::now();
  if (how == "rpc1") call_by_call(connection, bytes);
  if (how == "rpc2") connection.call<Feeding>(Prepare{});
  if (how != "rpc1") feed(connection, bytes);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "{\"seconds\": " << took.count() << "}" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  try {
    if (verb == "serve") {
      serve(argv[2]);
    } else if (argc == 4 && (verb == "rpc1" || verb == "rpc2" || verb == "rpc3")) {
      measure(verb, argv[2], std::strtoull(argv[3], nullptr, 10));
    } else {
      std::cerr << "usage: bench_rpc serve SOCKET | bench_rpc rpc1|rpc2|rpc3 SOCKET BYTES\n";
      return 2;
    }
  } catch (const std::exception& problem) {
    std::cerr << "bench_rpc: " << problem.what() << "\n";
    return 1;
  }
}
