// qemu-img that does not come to its end, played by shell scripts.

#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>

#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

using std::chrono::seconds;

bool any_child_left() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

class ImageTool : public testing::Test {
 protected:
  ~ImageTool() override { EXPECT_FALSE(any_child_left()); }

  // `script` says that it has begun when it has.
  void with_tool(const std::string& script, std::function<Task<>(driver::Pool&)> body) {
    write_file(tool_, "#!/bin/sh\nbegun() { : >'" + begun_ + "'; }\n" + script + "\n");
    std::filesystem::permissions(tool_, std::filesystem::perms(0755));
    io::Loops loops(1);
    {
      io::Disk disk;
      disk_ = &disk;
      DirectoryStorage storage({asio::make_strand(loops.at(0)), disk, clock_, store_, io::Logger::silent(), tool_});
      auto story = [&]() -> Task<> {
        const auto pool = co_await storage.create(driver::pool_xml("p", path_), true);
        co_await body(*pool);
      };
      io::run_on(loops.at(0), story());
    }
    loops.stop();
  }
  static Task<> create(driver::Pool& pool) {
    const std::string more = "<target><format type='qcow2'/></target>";
    co_await pool.create(volume_xml("a", 1'048'576, more));
  }
  Task<> until_begun() const {
    while (!std::filesystem::exists(begun_)) co_await asio::post(asio::use_awaitable);
  }
  // What the creation of a volume fails with when only time passes since the tool has begun.
  Task<Error> failure_of_creation(driver::Pool& pool) {
    Error why;
    auto creating = [&]() -> Task<> { why = co_await failure_of(create(pool)); };
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(creating());
      co_await until_begun();
      for (Instant now; why.message.empty(); now += seconds(1)) {
        disk_->look(now, seconds(60));
        co_await asio::post(asio::use_awaitable);
      }
    };
    co_await io::scoped(body);
    co_return why;
  }
  bool is_pool_empty() const { return std::filesystem::is_empty(path_); }

  io::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "pool", tool_ = directory_ / "qemu-img", begun_ = directory_ / "begun";
  driver::MemoryStore store_;
  io::FakeClock clock_;
  io::Disk* disk_ = nullptr;
};

TEST_F(ImageTool, OneThatHangsIsKilledAndSaidToBeLate) {
  for (const std::string hangs : {"exec sleep 1000", "kill -STOP $$"}) {
    std::filesystem::remove(begun_);
    with_tool("trap '' TERM INT HUP; begun; " + hangs, [&](driver::Pool& pool) -> Task<> {
      const Error why = co_await failure_of_creation(pool);
      EXPECT_EQ(why.code, Code::operation_timeout);
      EXPECT_EQ(why.domain, ErrorDomain::storage);
      EXPECT_THAT(why.message,
                  testing::ContainsRegex("^cannot create volume 'a' of storage pool 'p': qemu-img, at work "
                                         "on '.*/pool/a', has not answered for [0-9]+ s$"));
    });
    EXPECT_TRUE(is_pool_empty());
    EXPECT_FALSE(any_child_left()) << hangs;
    std::filesystem::remove_all(path_);
  }
}

TEST_F(ImageTool, OneThatNobodyWaitsForIsKilled) {
  with_tool("trap '' TERM INT HUP; begun; exec sleep 1000", [&](driver::Pool& pool) -> Task<> {
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(create(pool));
      co_await until_begun();
      co_await scope.close();
    };
    co_await io::scoped(body);
  });
  EXPECT_TRUE(is_pool_empty());
}

TEST_F(ImageTool, AVolumeIsInUseUntilOneThatWasGivenUpIsOver) {
  with_tool("begun; exec sleep 1000", [&](driver::Pool& pool) -> Task<> {
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(create(pool));
      co_await until_begun();
      co_await scope.close();
    };
    co_await io::scoped(body);
    for (bool stopped = false; !stopped; co_await asio::post(asio::use_awaitable)) {
      try {
        co_await pool.stop();
        stopped = true;
      } catch (const io::Failure& failure) {
        EXPECT_EQ(failure.error.message, "storage pool 'p' is in use: volumes of it are being worked on");
      }
    }
    EXPECT_FALSE(any_child_left());
  });
  EXPECT_TRUE(is_pool_empty());
}

TEST_F(ImageTool, OneThatGoesOnIsNotLate) {
  const std::string fifo = directory_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  io::Fd words(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  with_tool("begun; while read -r word && [ \"$word\" != end ]; do :; done <'" + fifo + "'",
            [&](driver::Pool& pool) -> Task<> {
              bool created = false;
              auto creating = [&]() -> Task<> {
                co_await create(pool);
                created = true;
              };
              auto body = [&](io::Scope& scope) -> Task<> {
                scope.spawn(creating());
                co_await until_begun();
                Instant now;
                for (int i = 0; i < 3; ++i) {
                  disk_->look(now, seconds(60));
                  disk_->look(now += seconds(59), seconds(60));
                  const std::uint64_t done = disk_->figures().done;
                  // Again and again: a step that begins after a word was read has not seen that anything was done.
                  while (disk_->figures().done == done || disk_->figures().running == 0) {
                    int unread = 0;
                    EXPECT_EQ(::ioctl(words.get(), FIONREAD, &unread), 0);
                    if (unread == 0) EXPECT_EQ(::write(words.get(), "on\n", 3), 3);
                    co_await asio::post(asio::use_awaitable);
                  }
                }
                EXPECT_EQ(::write(words.get(), "end\n", 4), 4);
                co_await scope.join();
              };
              co_await io::scoped(body);
              EXPECT_TRUE(created);
            });
}

TEST_F(ImageTool, WhatItSaysIsToldAndNotAllOfIt) {
  with_tool("echo 'no such thing' >&2; exit 1", [&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(create(pool));
    EXPECT_EQ(why.message, "cannot create volume 'a' of storage pool 'p': no such thing");
    EXPECT_EQ(why.code, Code::operation_failed);
  });
  std::filesystem::remove_all(path_);
  with_tool("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; exit 1", [&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(create(pool));
    EXPECT_EQ(why.message, "cannot create volume 'a' of storage pool 'p': " + std::string(1024, 'x'));
  });
  std::filesystem::remove_all(path_);
  with_tool("exit 3", [&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(create(pool));
    EXPECT_EQ(why.message, "cannot create volume 'a' of storage pool 'p': qemu-img exited with code 3");
  });
  std::filesystem::remove_all(path_);
  with_tool("", [&](driver::Pool& pool) -> Task<> {
    std::filesystem::remove(tool_);
    const Error why = co_await failure_of(create(pool));
    EXPECT_EQ(why.message, "cannot start '" + tool_ + "': No such file or directory");
  });
}

}  // namespace
}  // namespace sluice::storage
