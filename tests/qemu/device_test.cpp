// Devices that need something of the host: files only root may read, tap devices.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "hosting.h"
#include "io/failure.h"
#include "io/fd.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Devices : public HostTest {
 protected:
  // A file of ours alone, in the state directory, removed with the test.
  std::string file(const std::string& name, std::size_t mebibytes) {
    std::ofstream(files_ / name).close();
    std::filesystem::resize_file(files_ / name, mebibytes * 1024 * 1024);
    EXPECT_EQ(::chmod((files_ / name).c_str(), 0600), 0);
    return files_ / name;
  }
  static std::string disk(const std::string& path, const std::string& bus, const std::string& target,
                          const std::string& more = "") {
    return "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='" + path +
           "'/><target dev='" + target + "' bus='" + bus + "'/>" + more + "</disk>";
  }
  void lives_a_life(const std::string& xml) {
    hosting.run([&]() -> Task<> {
      auto machine = co_await hosting.host().create(xml, {});
      Kept broken;
      broken.fails_at = 5'000;
      driver::Job first(driver::JobKind::save);
      bool failed = false;
      try {
        co_await machine->save(broken, {}, first);
      } catch (const io::Failure&) {
        failed = true;
      }
      EXPECT_TRUE(failed);
      const driver::MachineInfo info = co_await machine->info();
      EXPECT_EQ(info.state, RunState::running) << "its disks are its own again";
      Kept kept;
      driver::Job second(driver::JobKind::save);
      co_await machine->save(kept, {}, second);
      Played from(kept.bytes);
      driver::Job third(driver::JobKind::restore);
      auto again = co_await hosting.host().restore(from, {}, third);
      co_await again->pause();
      co_await again->resume();
      co_await again->destroy({});
    });
  }

 private:
  io::TemporaryDirectory files_;
};

TEST_F(Devices, DisksOnEveryBusAreReachedThoughQemuMayNotOpenThem) {
  lives_a_life(tiny_guest("one", disk(file("a", 4), "virtio", "vda", "<serial>A1</serial>") +
                                     disk(file("b", 4), "ide", "hda") + disk(file("c", 4), "sata", "sda") +
                                     disk(file("d", 4), "scsi", "sdb", "<readonly/>")));
}

TEST_F(Devices, TheNewerBoardHasThemToo) {
  std::string xml =
      tiny_guest("one", disk(file("a", 4), "virtio", "vda") + disk(file("b", 4), "sata", "sda") +
                            "<interface type='user'><model type='virtio'/></interface>"
                            "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
                            "<input type='tablet' bus='usb'/><video><model type='virtio'/></video>"
                            "<graphics type='vnc' port='-1' autoport='yes'/>"
                            "<channel type='unix'><target type='virtio' name='org.example.a'/></channel>");
  xml.replace(xml.find("machine='pc'"), 12, "machine='q35'");
  lives_a_life(xml);
}

TEST_F(Devices, OneImageIsNotWrittenByTwoMachines) {
  const std::string image = file("a", 4);
  hosting.run([&]() -> Task<> { co_await hosting.host().create(tiny_guest("one", disk(image, "virtio", "vda")), {}); });
  const Error error = error_of(
      [&] { hosting.run([&] { return hosting.host().create(tiny_guest("two", disk(image, "virtio", "vda")), {}); }); });
  EXPECT_NE(error.message.find("lock"), std::string::npos) << error.message;
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 1U);
}

TEST_F(Devices, WhatIsNoImageIsRefused) {
  for (const auto& [path, why] : std::vector<std::pair<std::string, std::string>>{
           {"/dev/null", "neither a file nor a block device"}, {"/tmp", "neither a file nor a block device"}}) {
    const Error error = error_of([&] {
      hosting.run([&] { return hosting.host().create(tiny_guest("one", disk(path, "virtio", "vda")), {}); });
    });
    EXPECT_NE(error.message.find(why), std::string::npos) << error.message;
  }
}

TEST_F(Devices, OutputGoesToFilesAndLogs) {
  const std::string output = file("output", 0), log = file("log", 0);
  lives_a_life(tiny_guest("one", "<serial type='file'><source path='" + output + "' append='on'/></serial>" +
                                     "<serial type='pty'><log file='" + log + "' append='on'/></serial>"));
}

// A network namespace of this thread, and of those it starts from here on.
class OwnNetwork {
 public:
  OwnNetwork() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("unshare");
  }
  ~OwnNetwork() { EXPECT_EQ(::setns(before_.get(), CLONE_NEWNET), 0); }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  static bool exists(const std::string& name) { return ::if_nametoindex(name.c_str()) != 0; }
  static bool is_up(const std::string& name) {
    const io::Fd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::memcpy(request.ifr_name, name.c_str(), name.size());
    return ::ioctl(control.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
  }
  static void make_lasting_tap(const std::string& name) {
    const io::Fd device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    ifreq request{};
    std::memcpy(request.ifr_name, name.c_str(), name.size());
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    ASSERT_EQ(::ioctl(device.get(), TUNSETIFF, &request), 0);
    ASSERT_EQ(::ioctl(device.get(), TUNSETPERSIST, 1), 0);
  }

 private:
  io::Fd before_;
};

const std::string tap = "<interface type='ethernet'><target dev='slt0'/><model type='virtio'/></interface>";

TEST(Tap, IsMadeForTheMachineAndGoesWithIt) {
  if (::geteuid() != 0) {  // the next best: who may not make one is told so
    Hosting hosting;
    const Error error =
        error_of([&] { hosting.run([&] { return hosting.host().create(tiny_guest("one", tap), {}); }); });
    EXPECT_NE(error.message.find("slt0"), std::string::npos) << error.message;
    return;
  }
  const OwnNetwork network;
  Hosting hosting;
  const auto machine = hosting.run([&] { return hosting.host().create(tiny_guest("one", tap), {}); });
  EXPECT_TRUE(OwnNetwork::is_up("slt0"));
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_FALSE(OwnNetwork::exists("slt0"));

  const std::string chosen = "<interface type='ethernet'><model type='e1000'/></interface>";
  const auto another = hosting.run([&] { return hosting.host().create(tiny_guest("two", chosen), {}); });
  EXPECT_NE(hosting.run([&] { return another->xml({}); }).find("<target dev='sluice0'"), std::string::npos)
      << hosting.run([&] { return another->xml({}); });
  EXPECT_TRUE(OwnNetwork::is_up("sluice0"));
  hosting.run([&] { return another->destroy({}); });
}

TEST(Tap, ThatBelongsToSomebodyElseStays) {
  if (::geteuid() != 0) return;
  const OwnNetwork network;
  Hosting hosting;
  std::string theirs = tap;
  theirs.replace(theirs.find("dev='slt0'"), 10, "dev='slt0' managed='no'");
  const auto create = [&] { return hosting.run([&] { return hosting.host().create(tiny_guest("one", theirs), {}); }); };
  EXPECT_NE(error_of([&] { create(); }).message.find("there is no interface 'slt0'"), std::string::npos);
  OwnNetwork::make_lasting_tap("slt0");
  const auto machine = create();
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_TRUE(OwnNetwork::exists("slt0"));
}

}  // namespace
}  // namespace sluice::test
