// Pools and volumes through the public API, against a service on storage that is strings in memory.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "client/play_service_test.h"
#include "driver/memory_host.h"
#include "io/fd.h"
#include "io/loop.h"
#include "io/unix_socket.h"
#include "service/fake_storage_test.h"
#include "service/service_bed_test.h"

namespace sluice::client {
namespace {

// A daemon on one socket, for one client.
class Storage : public ::testing::Test {
 protected:
  Storage() {
    auto serve = [this]() -> io::Task<> {
      auto transport = co_await listener.accept(loop.executor());
      static_cast<void>(
          co_await service.serve(std::move(transport), {.role = service::anybody_is(remote::Role::admin)}));
      co_await machines.close();
    };
    served = asio::co_spawn(loop.executor(), serve(), asio::use_future);
    host.emplace(Host::connect("qemu+unix:///system?socket=" + directory.path() + "/sock"));
  }
  ~Storage() override {
    host->close();
    served.get();
  }

  Volume disk() { return host->lookup_pool("default").lookup("disk"); }
  std::string path(const std::string& name) const { return directory / name; }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::vector<std::string> names() const {  // but the socket's
    auto all = directory.names();
    std::erase(all, "sock");
    return all;
  }
  std::string file_with(const std::string& text) const {
    std::ofstream(path("input"), std::ios::binary) << text;
    return path("input");
  }

  io::TemporaryDirectory directory;
  io::Loop loop;
  io::Disk files;
  io::SteadyClock clock;
  driver::MemoryHost machines{loop.executor(), clock};
  service::FakeStorage storage;
  service::HostWithStorage with_storage{machines, &storage};
  service::Service service{with_storage, files, clock, {}};
  io::UnixListener listener{loop.executor(), {.path = directory.path() + "/sock"}};
  std::future<void> served;
  std::optional<Host> host;
};

TEST_F(Storage, PoolsAreListedAndFound) {
  ASSERT_EQ(host->pools().size(), 2U);
  EXPECT_EQ(host->pools({.inactive = false}).at(0).name(), "default");
  EXPECT_EQ(host->pools({.active = false}).at(0).name(), "backup");
  EXPECT_TRUE(host->pools({.active = false, .inactive = false}).empty());
  const Pool pool = host->lookup_pool("default");
  EXPECT_EQ(host->lookup_pool_uuid(pool.uuid()).name(), "default");
  EXPECT_FALSE(host->find_pool("none"));
  EXPECT_EQ(failure_of([&] { host->lookup_pool("none"); }).code, Code::no_storage_pool);
  EXPECT_EQ(failure_of([&] { host->lookup_pool_uuid("nonsense"); }).code, Code::invalid_arg);
}

TEST_F(Storage, PoolsTellAboutThemselves) {
  Pool pool = host->lookup_pool("default");
  EXPECT_EQ(pool.info().state, PoolState::running);
  EXPECT_EQ(name(pool.info().state), "running");
  EXPECT_EQ(pool.info().capacity, 1U << 30);
  EXPECT_EQ(pool.info().available, 1U << 29);
  EXPECT_TRUE(pool.active() && pool.persistent() && pool.autostart());
  pool.set_autostart(false);
  EXPECT_FALSE(pool.autostart());
  EXPECT_NE(pool.xml().find("<capacity"), std::string::npos);
  EXPECT_EQ(pool.xml({.inactive = true}).find("<capacity"), std::string::npos);
}

TEST_F(Storage, PoolsLiveThroughTheirVerbs) {
  Pool pool = host->define_pool("new");
  pool.build();
  pool.start();
  pool.refresh();
  pool.stop();
  pool.remove();
  pool.undefine();
  EXPECT_EQ(storage.pools_.back()->done, "build start refresh stop remove undefine ");
  EXPECT_FALSE(host->create_pool("passing", {.build = true}).persistent());
  EXPECT_EQ(storage.pools_.back()->done, "build ");
}

TEST_F(Storage, VolumesAreListedFoundMadeAndCloned) {
  Pool pool = host->lookup_pool("default");
  ASSERT_EQ(pool.volumes().size(), 2U);
  EXPECT_EQ(pool.volumes()[0].name(), "disk");
  EXPECT_EQ(disk().pool_name(), "default");
  EXPECT_EQ(disk().key(), "/pools/default/disk");
  EXPECT_EQ(disk().path(), "/pools/default/disk");
  EXPECT_EQ(host->lookup_volume_by_path("/pools/default/disk").name(), "disk");
  EXPECT_EQ(host->lookup_volume_by_key("/pools/default/disk").name(), "disk");
  EXPECT_FALSE(pool.find("none"));
  EXPECT_EQ(failure_of([&] { pool.lookup("none"); }).code, Code::no_storage_vol);
  EXPECT_EQ(failure_of([&] { host->lookup_volume_by_path("/none"); }).code, Code::no_storage_vol);
  EXPECT_EQ(pool.create_volume("made").name(), "made");
  pool.clone_volume("twin", disk());
  EXPECT_EQ(storage.pools_[1]->inside.back()->bytes, "0123456789");
}

TEST_F(Storage, VolumesTellAboutThemselvesAndChange) {
  const VolumeInfo info = disk().info();
  EXPECT_EQ(info.capacity, 1024U);
  EXPECT_EQ(info.allocation, 4096U);
  EXPECT_EQ(info.physical, 10U);
  EXPECT_EQ(name(info.type), "file");
  EXPECT_EQ(disk().xml(), "<volume><name>disk</name></volume>");
  disk().resize(77, {.allocate = true, .shrink = true});
  EXPECT_EQ(storage.disk->capacity, 77U);
  EXPECT_TRUE(storage.disk->resized.allocate && storage.disk->resized.shrink && !storage.disk->resized.delta);
  disk().wipe();
  EXPECT_EQ(storage.disk->bytes, std::string(10, '\0'));
  disk().remove();
  EXPECT_TRUE(storage.disk->removed);
}

TEST_F(Storage, BytesArePushedAndPulledInRanges) {
  Stream up = disk().upload({.offset = 2, .length = 3});
  up.write("abc");
  up.finish();
  EXPECT_EQ(storage.disk->bytes, "01abc56789");
  disk().upload(std::filesystem::path(file_with("XY")), {.offset = 8});
  EXPECT_EQ(storage.disk->bytes, "01abc567XY");
  bool given = false;
  disk().upload([&](std::span<std::byte> room) -> std::size_t {
    if (std::exchange(given, true)) return 0;
    room[0] = std::byte{'!'};
    return 1;
  });
  EXPECT_EQ(storage.disk->bytes, "!1abc567XY");

  std::string came;
  disk().download([&](std::span<const std::byte> bytes) { came += as_text(bytes); }, {.offset = 1, .length = 4});
  EXPECT_EQ(came, "1abc");
  disk().download(std::filesystem::path(path("output")));
  EXPECT_EQ(content(path("output")), "!1abc567XY");
}

TEST_F(Storage, ProgressKnowsHowMuchOfTheRangeWillCome) {
  std::uint64_t total = 0, moved = 0;
  const TransferOptions options{.progress = [&](const Progress& progress) {
    total = progress.total;
    moved = progress.transferred;
  }};
  disk().download(std::filesystem::path(path("output")), {.offset = 7}, options);
  EXPECT_EQ(total, 3U);
  EXPECT_EQ(moved, 3U);
}

TEST_F(Storage, HolesOfAFileTravelAsHoles) {
  const std::string file = file_with("");
  ASSERT_EQ(::truncate(file.c_str(), 8 * 1024 * 1024), 0);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(4 * 1024 * 1024) << "data";
  disk().upload(std::filesystem::path(file), {.sparse = true});
  EXPECT_GE(storage.disk->holes, 1);
  EXPECT_TRUE(storage.disk->bytes == content(file));
  storage.disk->holes = 0;
  disk().upload(std::filesystem::path(file));
  EXPECT_EQ(storage.disk->holes, 0);
}

TEST_F(Storage, HolesAreWrittenAndToldByHand) {
  Stream up = disk().upload({.sparse = true});
  up.write_hole(100'000);
  up.write("end");
  EXPECT_TRUE(up.try_write_hole(50));
  up.write_hole(0);
  EXPECT_THROW(up.write_hole(std::uint64_t{1} << 63), std::logic_error);
  up.finish();
  EXPECT_EQ(storage.disk->holes, 2);
  EXPECT_TRUE(storage.disk->bytes == std::string(100'000, '\0') + "end" + std::string(50, '\0'));

  Stream down = disk().download({.sparse = true});
  std::vector<std::byte> room(1000);
  EXPECT_THROW(down.read_sparse({}), std::logic_error);
  EXPECT_EQ(down.read_sparse(room).hole, 100'000U);
  std::size_t bytes = 0;
  for (SparseRead got = down.read_sparse(room); !got.is_end(); got = down.read_sparse(room)) bytes += got.bytes;
  EXPECT_EQ(bytes, 53U);
  down.finish();
}

TEST_F(Storage, WhoDoesNotAskForHolesReadsAndWritesZeros) {
  Stream up = disk().upload();
  up.write_hole(200'000);
  up.finish();
  EXPECT_TRUE(storage.disk->bytes == std::string(200'000, '\0'));
  std::uint64_t zeros = 0;
  disk().download(
      [&](std::span<const std::byte> bytes) {
        zeros += static_cast<std::uint64_t>(std::ranges::count(bytes, std::byte{0}));
      },
      {.sparse = true});
  EXPECT_EQ(zeros, 200'000U);
}

TEST_F(Storage, ADownloadOfHolesIsAsLongAsTheRangeAndKeepsThem) {
  storage.disk->bytes = std::string(5'000'000, '\0') + "x";
  disk().download(std::filesystem::path(path("output")), {.length = 4'000'000, .sparse = true});
  EXPECT_TRUE(content(path("output")) == std::string(4'000'000, '\0'));
  struct stat status{};
  ASSERT_EQ(::stat(path("output").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1'000'000);
}

TEST_F(Storage, ADescriptorOfARegularFileGetsHolesToo) {
  storage.disk->bytes = std::string(5'000'000, '\0') + "x";
  const io::Fd file(::open(file_with("before" + std::string(100, 'y')).c_str(), O_WRONLY | O_CLOEXEC));
  ::lseek(file.get(), 6, SEEK_SET);
  disk().download(Descriptor{file.get()}, {.sparse = true});
  EXPECT_TRUE(content(path("input")) == "before" + std::string(5'000'000, '\0') + "x");
  struct stat status{};
  ASSERT_EQ(::fstat(file.get(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1'000'000);
}

TEST_F(Storage, APipeGetsTheZerosOfHoles) {
  storage.disk->bytes = std::string(300'000, '\0') + "x";
  io::FdPair pipe = io::make_pipe();
  std::string came;
  std::thread reading([&] {
    std::array<char, 4096> room;
    for (ssize_t count; (count = ::read(pipe.first.get(), room.data(), room.size())) > 0;) {
      came.append(room.data(), static_cast<std::size_t>(count));
    }
  });
  disk().download(Descriptor{pipe.second.get()}, {.sparse = true});
  pipe.second.reset();
  reading.join();
  EXPECT_TRUE(came == storage.disk->bytes);
}

TEST_F(Storage, WhatCannotBeReadOrIsTooMuchBeginsNothing) {
  storage.disk->upload_fails_at = 0;  // had it begun, this would be the reason
  EXPECT_EQ(failure_of([&] { disk().upload(std::filesystem::path(path("absent"))); }).message,
            "cannot open '" + path("absent") + "': No such file or directory");
  const Error error = failure_of([&] { disk().upload(std::filesystem::path(file_with("12345")), {.length = 4}); });
  EXPECT_EQ(error.code, Code::invalid_arg);
  EXPECT_EQ(error.message,
            "cannot upload '" + path("input") + "' to volume 'disk': it has 5 bytes, and at most 4 are wanted");
}

TEST_F(Storage, TheDaemonsReasonComesOutOfBothFaces) {
  storage.disk->upload_fails_at = 4;
  EXPECT_EQ(failure_of([&] { disk().upload(std::filesystem::path(file_with("12345"))); }).message, "the disk is full");
  Stream up = disk().upload({.length = 3});
  up.write("1234");
  EXPECT_EQ(failure_of([&] { up.finish(); }).message, "more came than the range has");
  storage.disk->busy = true;
  EXPECT_EQ(failure_of([&] { disk().download(std::filesystem::path(path("output"))); }).code, Code::resource_busy);
  EXPECT_EQ(names(), std::vector<std::string>{"input"});
}

TEST_F(Storage, AFullDiskHereIsNamed) {
  storage.disk->bytes = std::string(3'000'000, 'x');
  const Error error = failure_of([&] { disk().download(std::filesystem::path("/dev/full")); });
  EXPECT_NE(error.message.find("/dev/full': No space left"), std::string::npos) << error.message;
}

TEST_F(Storage, EventsOfPoolsAreTold) {
  std::mutex mutex;
  std::string told;
  auto token = host->watch_pools([&](const PoolEvent& event) {
    const std::lock_guard lock(mutex);
    told += event.name + " " + std::string(name(event)) + ";";
  });
  for (const std::int32_t event : {2, PoolEvent::refreshed, 3}) {
    io::run_on(loop.executor(), [](service::FakeStorage& where, std::int32_t what) -> io::Task<> {
      where.tell({.pool = where.pools_[1]->ref(), .event = what});
      co_return;
    }(storage, event));
  }
  EXPECT_TRUE(soon([&] {
    const std::lock_guard lock(mutex);
    return told == "default started;default refreshed;default stopped;";
  }));
}

}  // namespace
}  // namespace sluice::client
