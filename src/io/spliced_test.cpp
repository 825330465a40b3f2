#include "io/spliced.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace sluice::io {
namespace {

using Stop = Spliced::Stop;

struct Sockets {
  FdPair ends = make_socket_pair();
  Sockets() {
    ::fcntl(ends.first.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(ends.second.get(), F_SETFL, O_NONBLOCK);
  }
  void send(std::string_view text) { EXPECT_EQ(::write(ends.first.get(), text.data(), text.size()), std::ssize(text)); }
};

TEST(Spliced, PassesBytesFromASocketToAFile) {
  Sockets sockets;
  const Fd file(::memfd_create("file", MFD_CLOEXEC));
  sockets.send("from kernel to kernel");
  Spliced spliced;
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 11).count, 11U);
  EXPECT_EQ(spliced.size(), 11U);
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).count, 10U);
  EXPECT_EQ(spliced.drain(file.get(), 4).count, 4U);
  EXPECT_EQ(spliced.drain(file.get(), 100).count, 17U);
  EXPECT_EQ(spliced.size(), 0U);
  std::array<char, 30> read{};
  EXPECT_EQ(::pread(file.get(), read.data(), read.size(), 0), 21);
  EXPECT_STREQ(read.data(), "from kernel to kernel");
}

TEST(Spliced, TellsNothingThereFromTheEnd) {
  Sockets sockets;
  Spliced spliced;
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).stop, Stop::would_wait);
  sockets.send("x");
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).stop, Stop::none);
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).stop, Stop::would_wait);
  sockets.ends.first.reset();
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).stop, Stop::ended);
}

TEST(Spliced, IsFullWhenBytesComeInTooManySmallParts) {
  Sockets sockets;
  Spliced spliced;
  Stop stop = Stop::none;
  std::size_t sent = 0;
  for (; stop == Stop::none && sent < 100'000; ++sent) {
    sockets.send("x");  // a packet of its own for the kernel
    stop = spliced.fill(sockets.ends.second.get(), 100).stop;
  }
  EXPECT_EQ(stop, Stop::full);
  EXPECT_EQ(spliced.size(), sent - 1);
  EXPECT_EQ(spliced.read_out().size(), sent - 1);
  EXPECT_EQ(spliced.fill(sockets.ends.second.get(), 100).count, 1U) << "the byte that had no room";
}

TEST(Spliced, SaysThatADescriptorCannotBeSpliced) {
  Sockets sockets;
  sockets.send("text");
  Spliced spliced;
  spliced.fill(sockets.ends.second.get(), 4);
  const Fd appended(::open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_TRUE(appended);
  ::fcntl(appended.get(), F_SETFL, O_APPEND);
  EXPECT_EQ(spliced.drain(appended.get(), 4).stop, Stop::unsupported);
  EXPECT_EQ(as_text(spliced.read_out().bytes()), "text");
}

TEST(Spliced, AReaderThatWentIsAnError) {
  Sockets sockets;
  sockets.send("text");
  Spliced spliced;
  spliced.fill(sockets.ends.second.get(), 4);
  sockets.ends.second.reset();
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  std::jthread blocked([&] {  // as the threads of io/loop.h
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    EXPECT_THROW(spliced.drain(sockets.ends.first.get(), 4), boost::system::system_error);
  });
}

TEST(SplicePool, GivesTheSamePipesAgainAndNeverTooMany) {
  SplicePool pool;
  std::vector<std::shared_ptr<Spliced>> out;
  while (auto spliced = pool.take()) out.push_back(std::move(spliced));
  EXPECT_EQ(out.size(), limits::spliced_max);
  const Spliced* const first = out.front().get();
  out.front().reset();
  EXPECT_EQ(pool.take().get(), first);
}

TEST(SplicePool, ForgetsAPipeThatIsLetGoWithBytesInIt) {
  Sockets sockets;
  sockets.send("old");
  SplicePool pool;
  {
    const auto spliced = pool.take();
    EXPECT_EQ(spliced->fill(sockets.ends.second.get(), 100).count, 3U);
  }
  const auto next = pool.take();
  EXPECT_EQ(next->size(), 0U);
  EXPECT_EQ(next->fill(sockets.ends.second.get(), 100).stop, Stop::would_wait) << "nothing old is in it";
}

TEST(SplicePool, IsOutlivedByWhatItGave) {
  std::shared_ptr<Spliced> spliced;
  {
    SplicePool pool;
    spliced = pool.take();
  }
  EXPECT_EQ(spliced->size(), 0U);
}

}  // namespace
}  // namespace sluice::io
