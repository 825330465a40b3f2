// Saves a machine in a program built on Boost.Asio: coroutines, the program's own io_context, and a deadline.
//
//   asio_save URI MACHINE FILE

#include <sluice/asio.h>
#include <sluice/host.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iostream>

namespace asio = boost::asio;

static asio::awaitable<std::uint64_t> save(sluice::Stream state, std::ofstream& file) {
  sluice::AsyncStream stream(co_await asio::this_coro::executor, std::move(state));
  asio::steady_timer deadline(stream.get_executor(), std::chrono::minutes(10));
  deadline.async_wait([&stream](boost::system::error_code cancelled) {
    if (!cancelled) stream.abort("the save took longer than 10 minutes");
  });
  std::uint64_t total = 0;
  std::vector<std::byte> room(256 * 1024);
  for (;;) {
    boost::system::error_code error;
    const std::size_t count = co_await stream.async_read_some(asio::buffer(room.data(), room.size()),
                                                              asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::eof) break;
    if (error) throw sluice::Failure(stream.stream().failure().value());
    file.write(reinterpret_cast<const char*>(room.data()), static_cast<std::streamsize>(count));
    total += count;
  }
  if (!file.flush()) throw std::runtime_error("cannot write the file");  // the stream is dropped: the guest goes on
  co_await stream.async_finish(asio::use_awaitable);                     // only now it is given up
  co_return total;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: asio_save URI MACHINE FILE\n";
    return 2;
  }
  try {
    const auto host = sluice::Host::connect(argv[1]);
    sluice::Domain machine = host.lookup(argv[2]);
    std::ofstream file(argv[3], std::ios::binary);
    asio::io_context context;
    int code = 0;
    asio::co_spawn(context, save(machine.save(), file), [&](std::exception_ptr failed, std::uint64_t total) {
      try {
        if (failed) std::rethrow_exception(failed);
        std::cout << total << " bytes saved\n";
      } catch (const std::exception& failure) {
        std::cerr << "asio_save: " << failure.what() << "\n";
        code = 1;
      }
    });
    context.run();
    return code;
  } catch (const sluice::Failure& failure) {
    std::cerr << "asio_save: " << failure.what() << "\n";
    return 1;
  }
}
