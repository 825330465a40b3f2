// Volumes through the public API, on test:///default: with the rules and the bytes of real ones.

#include <sluice/host.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "client/engine.h"
#include "client/play_service_test.h"
#include "driver/memory_host.h"
#include "io/temporary_directory.h"

namespace sluice::client {
namespace {

class MemoryVolumes : public ::testing::Test {
 protected:
  void set_faults(driver::Faults faults) { runtime.engine()->memory_host.lock()->set_faults(std::move(faults)); }
  static std::string volume_xml(const std::string& name, std::uint64_t capacity) {
    return "<volume><name>" + name + "</name><capacity>" + std::to_string(capacity) +
           "</capacity><allocation>0</allocation></volume>";
  }
  static std::string text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
  }
  static std::string content(const Volume& volume) {
    std::string came;
    volume.download([&](std::span<const std::byte> bytes) { came += as_text(bytes); });
    return came;
  }

  io::TemporaryDirectory directory;
  Runtime runtime;
  Host host = Host::connect("test:///default", {.runtime = runtime});
  Pool pool = host.lookup_pool("default-pool");
};

TEST_F(MemoryVolumes, ThePoolIsThereAndAnotherCanBeMade) {
  ASSERT_EQ(host.pools().size(), 1U);
  EXPECT_TRUE(pool.active() && pool.persistent());
  EXPECT_TRUE(pool.volumes().empty());
  const std::string xml = "<pool type='dir'><name>mine</name><target><path>/mine</path></target></pool>";
  Pool mine = host.define_pool(xml);
  EXPECT_EQ(failure_of([&] { mine.start(); }).message, "cannot open directory '/mine': No such file or directory");
  mine.build();
  mine.start();
  EXPECT_EQ(mine.create_volume(volume_xml("a", 10)).path(), "/mine/a");
  EXPECT_EQ(host.lookup_volume_by_path("/mine/a").pool_name(), "mine");
  EXPECT_FALSE(std::filesystem::exists("/mine")) << "it is only in memory";
}

TEST_F(MemoryVolumes, BytesAndHolesGoUpAndComeDownAsTheyWere) {
  const std::string data = text(2'000'000);
  const std::string up = directory / "up", down = directory / "down";
  {
    std::ofstream file(up, std::ios::binary);
    file << data;
    file.seekp(20'000'000);
    file << data;
  }
  const auto length = std::filesystem::file_size(up);
  Volume volume = pool.create_volume(volume_xml("a", length));
  volume.upload(std::filesystem::path(up), {.sparse = true});
  EXPECT_LT(volume.info().allocation, 5'000'000U);
  volume.download(std::filesystem::path(down), {.sparse = true});
  const std::string whole = data + std::string(18'000'000, '\0') + data;
  std::ifstream came(down, std::ios::binary);
  EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(came), {}) == whole);
  struct stat status{};
  ASSERT_EQ(::stat(down.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 5'000'000);
  EXPECT_TRUE(content(volume) == whole);
  EXPECT_TRUE(content(pool.clone_volume(volume_xml("b", 0), volume)) == whole);
}

TEST_F(MemoryVolumes, AnUploadIsIncompleteUntilItWasFinished) {
  Volume volume = pool.create_volume(volume_xml("a", 1'000));
  {
    Stream given_up = volume.upload();
    given_up.write("half");
    EXPECT_NE(volume.xml().find("<incomplete"), std::string::npos);
    EXPECT_EQ(failure_of([&] { volume.remove(); }).message,
              "volume 'a' of storage pool 'default-pool' is being uploaded to");
    given_up.abort();
  }
  EXPECT_NE(volume.xml().find("<incomplete"), std::string::npos);
  Stream whole = volume.upload({.offset = 10});
  whole.write("whole");
  whole.finish();
  EXPECT_EQ(volume.xml().find("<incomplete"), std::string::npos);
  EXPECT_EQ(content(volume).substr(10, 6), std::string("whole") + '\0');
}

TEST_F(MemoryVolumes, ADiskThatFailsInTheMiddleIsNamedAndTheNextTransferGoesWell) {
  const std::string data = text(3'000'000);
  Volume volume = pool.create_volume(volume_xml("a", data.size()));
  std::ofstream(directory / "up", std::ios::binary) << data;
  set_faults({.upload_fails_at = 1'000'000, .reason = "a scratch"});
  EXPECT_EQ(failure_of([&] { volume.upload(std::filesystem::path(directory / "up")); }).message,
            "cannot upload to volume 'a' of storage pool 'default-pool': a scratch");
  set_faults({.download_fails_at = 1'000'000, .reason = "a scratch"});
  EXPECT_EQ(failure_of([&] { content(volume); }).message,
            "cannot download volume 'a' of storage pool 'default-pool': a scratch");
  set_faults({});
  volume.upload(std::filesystem::path(directory / "up"));
  EXPECT_TRUE(content(volume) == data);
}

TEST_F(MemoryVolumes, AreSeenByOtherConnectionsOfTheRuntimeAndForgottenWithTheLast) {
  pool.create_volume(volume_xml("a", 10));
  {
    Host other = Host::connect("test:///default", {.runtime = runtime});
    EXPECT_EQ(other.lookup_pool("default-pool").volumes().size(), 1U);
  }
  Host alone = Host::connect("test:///default");  // a runtime of its own
  EXPECT_TRUE(alone.lookup_pool("default-pool").volumes().empty());
}

}  // namespace
}  // namespace sluice::client
