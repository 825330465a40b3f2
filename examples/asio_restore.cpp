// Restores a machine with Boost.Asio's own composed operations: async_write into the stream, whatever the token.
//
//   asio_restore URI FILE

#include <sluice/asio.h>
#include <sluice/host.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <iostream>

namespace asio = boost::asio;

static asio::awaitable<void> restore(sluice::Host& host, std::ifstream& file) {
  sluice::AsyncStream stream(co_await asio::this_coro::executor, host.restore());
  std::vector<char> room(1024 * 1024);
  try {
    while (file.read(room.data(), static_cast<std::streamsize>(room.size())), file.gcount() > 0) {
      const auto bytes = asio::buffer(room.data(), static_cast<std::size_t>(file.gcount()));
      co_await asio::async_write(stream, bytes, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    if (const auto why = stream.stream().failure()) throw sluice::Failure(*why);  // the whole sentence
    throw;
  }
  co_await stream.async_finish(asio::use_awaitable);  // throws the daemon's reason
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: asio_restore URI FILE\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  if (!file) {
    std::cerr << "asio_restore: cannot open '" << argv[2] << "'\n";
    return 1;
  }
  try {
    auto host = sluice::Host::connect(argv[1]);
    asio::io_context context;
    std::exception_ptr outcome;
    asio::co_spawn(context, restore(host, file), [&outcome](std::exception_ptr failed) { outcome = failed; });
    context.run();
    if (outcome) std::rethrow_exception(outcome);
    std::cout << "restored\n";
  } catch (const std::exception& failure) {
    std::cerr << "asio_restore: " << failure.what() << "\n";
    return 1;
  }
}
