#include "qemu/local_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/failure.h"
#include "io/temporary_directory.h"

namespace sluice::qemu {
namespace {

TEST(LocalSocket, DirectoriesMayBeDeeperThanTheKernelsPaths) {
  const io::TemporaryDirectory place;
  std::string deep = place.path();
  for (int i = 0; i < 8; ++i) deep += "/a-directory-with-a-rather-long-name";
  std::filesystem::create_directories(deep);
  const io::Fd listening = listen_at(deep + "/monitor.sock");
  const io::Fd connected = connect_at(deep + "/monitor.sock");
  EXPECT_TRUE(connected);
  EXPECT_GE(io::Fd(::accept(listening.get(), nullptr, nullptr)).get(), 0);
  remove_socket(deep + "/monitor.sock");
  EXPECT_FALSE(std::filesystem::exists(deep + "/monitor.sock"));
}

TEST(LocalSocket, AStaleOneIsReplacedALivingOneIsNot) {
  const io::TemporaryDirectory place;
  const std::string path = place / "s";
  {
    const io::Fd gone = listen_at(path);
  }
  EXPECT_THROW(connect_at(path), io::Failure);
  const io::Fd listening = listen_at(path);
  EXPECT_THROW(listen_at(path), io::Failure);
  EXPECT_TRUE(connect_at(path));
}

TEST(LocalSocket, OtherFilesAreNeitherReplacedNorRemoved) {
  const io::TemporaryDirectory place;
  std::ofstream(place / "file") << "precious";
  EXPECT_THROW(listen_at(place / "file"), io::Failure);
  remove_socket(place / "file");
  EXPECT_TRUE(std::filesystem::exists(place / "file"));
  EXPECT_THROW(listen_at("relative"), io::Failure);
  EXPECT_THROW(connect_at(place / "nothing"), io::Failure);
}

}  // namespace
}  // namespace sluice::qemu
