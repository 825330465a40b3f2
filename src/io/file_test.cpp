#include "io/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <fstream>
#include <random>
#include <sstream>

#include "io/failure.h"
#include "io/file_target.h"
#include "io/hanging_test.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

using Names = std::vector<std::string>;

std::string pattern(std::size_t size) {
  std::minstd_rand random(11);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}
Piece piece_of(std::string_view text) { return {.bytes = Chunk::copy_of(as_bytes(text))}; }

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

Task<std::string> read_all(Source& from) {
  std::string all;
  for (Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    all += as_text(piece.bytes.bytes());
  }
  co_return all;
}

template <class Body>
std::string failure_of(Body body) {
  try {
    run_here(body);
  } catch (const Failure& failure) {
    return failure.error.message;
  }
  return "";
}

class FileTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "file";
};

TEST_F(FileTest, WhatWasWrittenIsRead) {
  const std::string sent = pattern(5'000'001);
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    for (std::size_t at = 0; at < sent.size(); at += 300'000) co_await to->write(piece_of(sent.substr(at, 300'000)));
    co_await to->finish();
    EXPECT_EQ(directory_.names(), Names{"file"});
    const std::unique_ptr<Source> from = co_await open_source(disk, path_);
    EXPECT_TRUE(co_await read_all(*from) == sent);
  });
}

// Streams whose readers stopped hold little: the rest waits in its file.
TEST_F(FileTest, AllStreamsTogetherReadAheadNoMoreThanTheDiskMay) {
  constexpr std::size_t mib = 1024 * 1024, small = 65536;
  const std::string whole = pattern(5 * mib + 7);
  std::ofstream(path_) << whole;
  std::shared_ptr<Budget> budget;
  run_here([&]() -> Task<> {
    Disk disk(4, 4, 2 * mib);
    budget = disk.ahead().all;
    std::vector<std::unique_ptr<Source>> stopped;
    std::vector<Piece> held;
    std::size_t total = 0;
    for (int number = 0; number < 10; ++number) {
      stopped.push_back(co_await open_source(disk, path_));
      held.push_back(co_await stopped.back()->read());
      total += held.back().bytes.size();
    }
    EXPECT_EQ(held.front().bytes.size(), mib);
    EXPECT_LE(total, 2 * mib + 8 * small);
    const std::unique_ptr<Source> lively = co_await open_source(disk, path_);
    EXPECT_TRUE(co_await read_all(*lively) == whole);
    std::string rest = std::string(as_text(held.back().bytes.bytes()));
    held.clear();  // what was promised to these serves others now
    rest += co_await read_all(*stopped.back());
    EXPECT_TRUE(rest == whole);
  });
  EXPECT_EQ(budget->left(), 2 * mib);
}

// Each of them holds one piece, however many there are.
TEST_F(FileTest, WhenSmallPiecesAreSpentTooThoseWhoReadGetVeryLittle) {
  constexpr std::size_t small = 65536, least = 4096;
  const std::string whole = pattern(300'000);
  std::ofstream(path_) << whole;
  run_here([&]() -> Task<> {
    Disk disk(4, 4, 0, 2 * small);
    std::vector<std::unique_ptr<Source>> stopped;
    std::vector<Piece> held;
    std::size_t total = 0;
    for (int number = 0; number < 20; ++number) {
      stopped.push_back(co_await open_source(disk, path_));
      held.push_back(co_await stopped.back()->read());
      total += held.back().bytes.size();
    }
    EXPECT_LE(total, 2 * small + 19 * least);
    const std::unique_ptr<Source> lively = co_await open_source(disk, path_);
    EXPECT_TRUE(co_await read_all(*lively) == whole);
  });
}

TEST_F(FileTest, WhatADiskThatHangsDoesNotAnswerFailsAndChangesNothing) {
  std::ofstream(path_) << "old";
  const auto open = [&](int flags) { return Fd(::open(path_.c_str(), flags | O_CLOEXEC)); };
  Loops loops(1);
  {
    Disk disk;
    const Fd file = open(O_RDONLY);
    const Disk::Lane lane = disk.lane_of(file.get());
    const Hanging hanging;
    for (std::size_t i = 0; i < limits::disk_lane_threads_max; ++i) lane.submit(hanging.work());
    hanging.wait_for(limits::disk_lane_threads_max);

    auto story = [&]() -> Task<> {
      const Executor executor = co_await asio::this_coro::executor;
      FileSource from(disk, executor, open(O_RDONLY), path_);
      auto read = [&]() -> Task<> { static_cast<void>(co_await from.read()); };
      const Error reading = co_await failure_in_time(disk, read());
      EXPECT_THAT(reading.message,
                  testing::ContainsRegex("^cannot read '.*file': the disk has not answered for [0-9]+ s$"));
      FileSink to(disk, executor, FileSink::Target::in_place(open(O_WRONLY), path_));
      auto write = [&]() -> Task<> {
        co_await to.write(piece_of("new"));
        co_await to.finish();
      };
      const Error writing = co_await failure_in_time(disk, write());
      EXPECT_EQ(Code::operation_timeout, writing.code);
      EXPECT_THAT(writing.message,
                  testing::ContainsRegex("^cannot write '.*file': the disk has not answered for [0-9]+ s$"));
      FileSink empty(disk, executor, FileSink::Target::in_place(open(O_WRONLY), path_));
      const Error finishing = co_await failure_in_time(disk, empty.finish());
      EXPECT_THAT(finishing.message,
                  testing::ContainsRegex("^cannot complete '.*file': the disk has not answered for [0-9]+ s$"));
    };
    run_on(loops.at(0), story());
  }
  EXPECT_EQ(content(path_), "old");
  loops.stop();
}

TEST_F(FileTest, WhatADescriptorIsDoesNotKeepAnEventLoopWaiting) {
  std::ofstream(path_) << "old";
  Loops loops(1);
  {
    Disk disk(1);
    const Hanging hanging;
    disk.submit(hanging.work());
    hanging.wait_for(1);
    auto story = [&]() -> Task<> {
      auto to = [&]() -> Task<> { co_await sink_of(disk, Fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)), path_); };
      auto from = [&]() -> Task<> { co_await source_of(disk, Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)), path_); };
      const auto late = testing::ContainsRegex("^cannot use '.*file': the disk has not answered for [0-9]+ s$");
      EXPECT_THAT((co_await failure_in_time(disk, to())).message, late);
      EXPECT_THAT((co_await failure_in_time(disk, from())).message, late);
    };
    run_on(loops.at(0), story());
  }
  loops.stop();
}

TEST_F(FileTest, TheNameAppearsOnlyAtFinish) {
  std::ofstream(path_) << "old";
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of("new"));
    EXPECT_EQ(content(path_), "old");
    const Names names = directory_.names();
    EXPECT_EQ(names.size(), 2U);
    EXPECT_TRUE(names.back().starts_with("file.partial-"));
    co_await to->finish();
    EXPECT_EQ(content(path_), "new");
  });
}

TEST_F(FileTest, AnAbortedFileLeavesNothing) {
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of(pattern(3'000'000)));
    to->abort(Error{.message = "changed my mind"});
    EXPECT_THROW(co_await to->write(piece_of("more")), Failure);
  });
  EXPECT_EQ(directory_.names(), Names{});
}

TEST_F(FileTest, ADroppedFileLeavesNothing) {
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of(pattern(3'000'000)));
  });
  EXPECT_EQ(directory_.names(), Names{});
}

TEST_F(FileTest, HolesReadAsZerosAlsoAtTheEnd) {
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of("a"));
    co_await to->write({.bytes = {}, .hole = 10'000'000});
    co_await to->write(piece_of("b"));
    co_await to->write({.bytes = {}, .hole = 5});
    co_await to->finish();
  });
  EXPECT_TRUE(content(path_) == "a" + std::string(10'000'000, '\0') + "b" + std::string(5, '\0'));
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1'000'000);
}

TEST_F(FileTest, AFileThatMayNotGrowFailsByNameAndLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string why;
  why = failure_of([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of(pattern(300'000)));
    co_await to->finish();
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(why, "cannot write '" + path_ + "': File too large");
  EXPECT_EQ(directory_.names(), Names{});
}

TEST_F(FileTest, AFullDiskIsAFailureThatNamesTheFile) {
  const std::string why = failure_of([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, "/dev/full");
    co_await to->write(piece_of("x"));
    co_await to->finish();
  });
  EXPECT_EQ(why, "cannot write '/dev/full': No space left on device");
}

TEST_F(FileTest, AFileThatIsNotThereFailsByName) {
  EXPECT_EQ(failure_of([&]() -> Task<> {
              Disk disk;
              co_await open_source(disk, path_);
            }),
            "cannot open '" + path_ + "': No such file or directory");
  EXPECT_EQ(failure_of([&]() -> Task<> {
              Disk disk;
              co_await open_sink(disk, path_ + "/x/y");
            }),
            "cannot create '" + path_ + "/x/y': No such file or directory");
  EXPECT_EQ(failure_of([&]() -> Task<> {
              Disk disk;
              co_await open_source(disk, directory_.path());
            }),
            "cannot open '" + directory_.path() + "': Is a directory");
}

TEST_F(FileTest, AnExistingFileIsKeptWhereThatWasAskedFor) {
  std::ofstream(path_) << "old";
  EXPECT_EQ(failure_of([&]() -> Task<> {
              Disk disk;
              co_await open_sink(disk, path_, {.exclusive = true});
            }),
            "cannot create '" + path_ + "': File exists");
  EXPECT_EQ(content(path_), "old");
}

TEST_F(FileTest, ALinkIsFollowedNotReplaced) {
  ASSERT_EQ(::symlink("target", path_.c_str()), 0);
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
    co_await to->write(piece_of("x"));
    co_await to->finish();
  });
  EXPECT_EQ(content(directory_ / "target"), "x");
  EXPECT_EQ(directory_.names(), (Names{"file", "target"}));
}

TEST_F(FileTest, AFifoWaitsForItsOtherEndAndCarriesTheBytes) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const std::string sent = pattern(2'000'000);
  run_here([&]() -> Task<> {
    Disk disk;
    std::string arrived;
    auto reading = [&]() -> Task<> {
      const std::unique_ptr<Source> from = co_await open_source(disk, path_);
      arrived = co_await read_all(*from);
    };
    auto writing = [&]() -> Task<> {
      const std::unique_ptr<Sink> to = co_await open_sink(disk, path_);
      co_await to->write(piece_of(sent));
      co_await to->finish();
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(writing());
      scope.spawn(reading());
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_TRUE(arrived == sent);
  });
  EXPECT_EQ(directory_.names(), Names{"file"});
}

TEST_F(FileTest, WaitingForAFifosReaderCanBeCancelled) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  run_here([&]() -> Task<> {
    Disk disk;
    auto opening = [&]() -> Task<> { co_await open_sink(disk, path_); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(opening());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
  });
}

TEST_F(FileTest, ADescriptorsPathIsThatDescriptor) {
  FdPair pair = make_socket_pair();
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, "/dev/fd/" + std::to_string(pair.first.get()));
    co_await to->write(piece_of("through a socket"));
    co_await to->finish();
    pair.first.reset();
    const std::unique_ptr<Source> from =
        co_await open_source(disk, "/proc/self/fd/" + std::to_string(pair.second.get()));
    EXPECT_EQ(co_await read_all(*from), "through a socket");
  });
}

TEST_F(FileTest, ARedirectedOutputIsWrittenInPlaceWhereItStands) {
  std::ofstream(path_) << "headline\n";
  const Fd out(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await sink_of(disk, out.duplicate(), "standard output");
    co_await to->write(piece_of("rest"));
    co_await to->finish();
  });
  EXPECT_EQ(content(path_), "headline\nrest");
}

TEST_F(FileTest, AStoppedOrDroppedSourceLetsItsReadAheadComeToNothing) {
  std::ofstream(path_) << pattern(5'000'000);
  run_here([&]() -> Task<> {
    Disk disk;
    {
      const std::unique_ptr<Source> dropped = co_await open_source(disk, path_);
      const Piece piece = co_await dropped->read();
      EXPECT_FALSE(piece.is_end());
    }
    const std::unique_ptr<Source> stopped = co_await open_source(disk, path_);
    co_await stopped->read();
    stopped->stop(Error{.message = "enough"});
    EXPECT_THROW(co_await stopped->read(), Failure);
  });
}

TEST_F(FileTest, AFileIsCopiedInsideTheKernel) {
  const std::string text = pattern(5'000'001);
  std::ofstream(path_, std::ios::binary) << text;
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Source> from = co_await open_source(disk, path_);
    const std::unique_ptr<Sink> to = co_await open_sink(disk, directory_ / "copy");
    EXPECT_TRUE(to->takes_spliced());
    from->may_splice();
    Piece first = co_await from->read();
    EXPECT_TRUE(first.spliced);
    co_await to->write(std::move(first));
    co_await to->write({.bytes = {}, .hole = 100'000});
    EXPECT_EQ(co_await pump(*from, *to), text.size() - Spliced::capacity);
  });
  std::string expected = text;
  expected.insert(Spliced::capacity, 100'000, '\0');
  EXPECT_TRUE(content(directory_ / "copy") == expected);
}

TEST_F(FileTest, WhatCannotBeSplicedIsCopied) {
  const std::string text = pattern(3'000'000);
  std::ofstream(path_, std::ios::binary) << text;
  std::ofstream(directory_ / "log") << "headline\n";
  const Fd out(::open((directory_ / "log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Source> from = co_await open_source(disk, path_);
    const std::unique_ptr<Sink> to = co_await sink_of(disk, out.duplicate(), "log");
    EXPECT_FALSE(to->takes_spliced()) << "splice(2) refuses files that are appended to";
    EXPECT_EQ(co_await pump(*from, *to), text.size());
  });
  EXPECT_TRUE(content(directory_ / "log") == "headline\n" + text);
}

TEST_F(FileTest, AWriterThatIsFasterThanTheDiskWaits) {
  run_here([&]() -> Task<> {
    Disk disk(1);
    const std::unique_ptr<Sink> to =
        co_await sink_of(disk, Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), path_);
    FdPair gate = make_pipe();  // the disk's one thread hangs until the other side of this closes
    disk.submit([&gate] {
      char byte = 0;
      static_cast<void>(::read(gate.first.get(), &byte, 1));
    });
    const std::string text = pattern(500'000);
    int accepted = 0;
    auto writing = [&]() -> Task<> {
      for (; accepted < 20; ++accepted) co_await to->write(piece_of(text));
      co_await to->finish();
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(writing());
      for (int i = 0; i < 100; ++i) co_await asio::post(asio::use_awaitable);
      EXPECT_GE(accepted, 1);
      EXPECT_LE(accepted, 5) << "about two megabytes wait, no more";
      gate.second.reset();
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_EQ(accepted, 20);
  });
  EXPECT_EQ(content(path_).size(), 10'000'000U);
}

TEST_F(FileTest, DevicesThatCannotBePolledWork) {
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Source> empty = co_await open_source(disk, "/dev/null");
    EXPECT_EQ(co_await read_all(*empty), "");
    const std::unique_ptr<Source> zeros = co_await open_source(disk, "/dev/zero");
    const Piece piece = co_await zeros->read();
    EXPECT_EQ(piece.bytes.size(), 1024U * 1024);
    const std::unique_ptr<Sink> nowhere = co_await open_sink(disk, "/dev/null");
    co_await nowhere->write(piece_of("gone"));
    co_await nowhere->finish();
  });
}

TEST(Disk, GivesResultsAndFailuresBack) {
  run_here([&]() -> Task<> {
    Disk disk;
    EXPECT_EQ(co_await disk.run([] { return 7; }), 7);
    EXPECT_THROW(co_await disk.run([] { fail(Code::operation_failed, "disk"); }), Failure);
  });
}

TEST(Disk, ATaskThatWaitsForAStuckDiskCanBeCancelledAtOnce) {
  FdPair gate = make_pipe();  // the disk's thread hangs until the other side of this closes
  run_here([&]() -> Task<> {
    Disk disk;
    auto stuck = [&gate] {
      char byte = 0;
      return static_cast<int>(::read(gate.first.get(), &byte, 1));
    };
    auto waiting = [&]() -> Task<> { co_await disk.run(stuck); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(waiting());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    gate.second.reset();
  });
}

}  // namespace
}  // namespace sluice::io
