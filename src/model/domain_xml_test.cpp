// What a definition says, read and written.
#include "model/domain_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/complete.h"
#include "model/domain_samples.h"

namespace sluice::model {
namespace {

using samples::devices_with;
using samples::domain_with;
using ::testing::HasSubstr;
using ::testing::Not;

DomainSpec parsed(std::string_view xml) {
  auto spec = parse_domain(xml);
  EXPECT_TRUE(spec) << spec.error().message << "\n" << xml;
  return spec ? std::move(*spec) : DomainSpec{};
}

TEST(InstalledMachine, IsUnderstood) {
  const DomainSpec spec = parsed(samples::installed);
  EXPECT_EQ(spec.type, VirtType::kvm);
  EXPECT_EQ(spec.name, "web1");
  EXPECT_EQ(spec.uuid.text(), "0b3f9d0c-52b6-4ee0-a6c6-2f7ef1c43b11");
  EXPECT_EQ(spec.title, "The web server");
  EXPECT_EQ(spec.description, "Answers <all> day");
  EXPECT_EQ(spec.memory_kib, 2097152U);
  EXPECT_EQ(spec.current_memory_kib, 1048576U);
  EXPECT_EQ(spec.vcpus, 2U);
  EXPECT_EQ(spec.os, (Os{.arch = "x86_64", .machine = "q35", .boot = {BootDevice::hd, BootDevice::cdrom}}));
  EXPECT_EQ(spec.features, (Features{.acpi = true, .apic = true, .vmport = false}));
  EXPECT_EQ(spec.cpu, (Cpu{.mode = CpuMode::host_passthrough, .topology = Topology{.cores = 2}}));
  EXPECT_EQ(spec.clock, (Clock{.rtc_catchup = true, .pit_delay = true, .hpet = false}));
  EXPECT_EQ(spec.on_poweroff, OnEvent::destroy);
  EXPECT_EQ(spec.on_reboot, OnEvent::destroy);
  EXPECT_EQ(spec.suspend_to_mem, false);
  EXPECT_EQ(spec.suspend_to_disk, false);
}

TEST(InstalledMachine, HasItsDevices) {
  const Devices devices = parsed(samples::installed).devices;
  EXPECT_EQ(devices.emulator, "/usr/bin/qemu-system-x86_64");
  ASSERT_EQ(devices.disks.size(), 2U);
  EXPECT_EQ(devices.disks[0], (Disk{.format = DiskFormat::qcow2,
                                    .cache = DiskCache::none,
                                    .discard = "unmap",
                                    .source = "/srv/images/web1.qcow2",
                                    .target = "vda",
                                    .serial = "W-1",
                                    .address = Address{.bus = 4}}));
  EXPECT_EQ(devices.disks[1],
            (Disk{.device = DiskDevice::cdrom, .target = "sda", .bus = DiskBus::sata, .read_only = true}));
  ASSERT_EQ(devices.controllers.size(), 4U);
  EXPECT_EQ(devices.controllers[0], (Controller{.type = ControllerType::usb, .model = "qemu-xhci", .ports = 15}));
  EXPECT_EQ(devices.controllers[3].index, 2U);
  ASSERT_EQ(devices.interfaces.size(), 2U);
  EXPECT_EQ(devices.interfaces[0], (Interface{.mac = "52:54:00:6b:3c:58", .model = "virtio"}));
  EXPECT_EQ(
      devices.interfaces[1],
      (Interface{.type = InterfaceType::ethernet, .model = "e1000", .target = "tap7", .managed = false, .mtu = 1400}));
  ASSERT_EQ(devices.channels.size(), 1U);
  EXPECT_EQ(devices.channels[0].name, "org.qemu.guest_agent.0");
  EXPECT_TRUE(devices.channels[0].source.listens);
  EXPECT_EQ(devices.inputs, (std::vector<Input>{{}}));
  EXPECT_EQ(devices.graphics, (std::vector<Graphics>{{.listen = "0.0.0.0", .password = "secret"}}));
  EXPECT_EQ(devices.videos, (std::vector<Video>{{.model = VideoModel::virtio}}));
  EXPECT_EQ(devices.rngs, (std::vector<Rng>{{}}));
  EXPECT_EQ(devices.balloon, MemoryBalloon{});
}

TEST(InstalledMachine, SurvivesBeingPrintedAndReadAgain) {
  const DomainSpec spec = parsed(samples::installed);
  const std::string once = print_domain(spec, {.secure = true});
  const DomainSpec again = parsed(once);
  EXPECT_EQ(again, spec);
  EXPECT_EQ(print_domain(again, {.secure = true}), once);
}

TEST(Printing, KeepsWhatSluiceDoesNotKnow) {
  const std::string text = print_domain(parsed(samples::installed));
  EXPECT_THAT(text, HasSubstr("<teapot colour='brown'>"));
  EXPECT_THAT(text, HasSubstr("<lid />"));
  EXPECT_THAT(text, HasSubstr("http://debian.org/debian/12"));
  EXPECT_THAT(text, HasSubstr("check='none' migratable='on'"));
}

TEST(Printing, WritesTheFactsIn) {
  DomainSpec spec = parsed(domain_with("<devices><interface type='user'/></devices>"));
  complete(spec, [](MutableBytes out) { std::ranges::fill(out, std::byte{0xab}); });
  spec.os.machine = "pc-i440fx-7.2";
  const std::string text = print_domain(spec);
  EXPECT_THAT(text, HasSubstr("<uuid>abababab-abab-4bab-abab-abababababab</uuid>"));
  EXPECT_THAT(text, HasSubstr("<memory unit='KiB'>65536</memory>"));
  EXPECT_THAT(text, HasSubstr("<currentMemory unit='KiB'>65536</currentMemory>"));
  EXPECT_THAT(text, HasSubstr("machine='pc-i440fx-7.2'>hvm</type>"));
  EXPECT_THAT(text, HasSubstr("<mac address='52:54:00:ab:ab:ab' />"));
  EXPECT_THAT(text, HasSubstr("<model type='rtl8139' />"));
  EXPECT_THAT(text, HasSubstr("<vcpu>1</vcpu>"));
  EXPECT_LT(text.find("<name>"), text.find("<uuid>"));
  EXPECT_LT(text.find("<currentMemory"), text.find("<os>"));
  EXPECT_EQ(parsed(text), spec);
}

TEST(Printing, MakesADocumentOfASpecMadeByHand) {
  DomainSpec spec{.type = VirtType::test, .name = "hand", .memory_kib = 1024, .current_memory_kib = 1024};
  spec.title = "a & b";
  spec.os = {.arch = "x86_64", .machine = "pc", .kernel = "/boot/vmlinuz", .cmdline = "console=ttyS0 quiet"};
  spec.cpu = {.mode = CpuMode::custom, .model = "qemu64", .features = {{.name = "avx", .on = false}}};
  spec.clock.hpet = false;
  spec.devices.disks = {{.source = "/a.img", .target = "vda", .boot_order = 1},
                        {.source = "/b.img",
                         .target = "sdb",
                         .bus = DiskBus::scsi,
                         .address = Address{.type = AddressType::drive, .unit = 3}}};
  spec.devices.serials = {{.source = {.type = CharacterType::unix_socket, .path = "/run/s", .log_file = "/tmp/log"}}};
  spec.devices.consoles = {{.source = spec.devices.serials[0].source}};
  spec.devices.rngs = {{.device = ""}};
  const std::string text = print_domain(spec);
  EXPECT_EQ(parsed(text), spec) << text;
}

TEST(Printing, DropsDevicesThatWereTakenAway) {
  DomainSpec spec = parsed(samples::installed);
  spec.devices.disks.resize(1);
  spec.devices.balloon.reset();
  const std::string text = print_domain(spec);
  EXPECT_THAT(text, Not(HasSubstr("device='cdrom'")));
  EXPECT_THAT(text, Not(HasSubstr("memballoon")));
  EXPECT_THAT(text, HasSubstr("teapot"));
}

TEST(Printing, TellsPasswordsOnlyWhenAsked) {
  const DomainSpec spec = parsed(samples::installed);
  EXPECT_THAT(print_domain(spec), Not(HasSubstr("secret")));
  EXPECT_THAT(print_domain(spec, {.secure = true}), HasSubstr("passwd='secret'"));
}

TEST(Printing, ShowsWhatOnlyARunningMachineHas) {
  const DomainSpec spec = parsed(samples::installed);
  const LiveFacts live{.id = 7, .serial_ptys = {"/dev/pts/3"}, .vnc_ports = {5901}, .tap_devices = {"", "tap7"}};
  const std::string text = print_domain(spec, {.secure = true, .live = live});
  EXPECT_THAT(text, HasSubstr("id='7'"));
  EXPECT_THAT(text, HasSubstr("<console type='pty' tty='/dev/pts/3'>"));
  EXPECT_THAT(text, HasSubstr("<source path='/dev/pts/3' />"));
  EXPECT_THAT(text, HasSubstr("<alias name='serial0' />"));
  EXPECT_THAT(text, HasSubstr("port='5901'"));
  EXPECT_THAT(text, HasSubstr("autoport='yes'"));
}

TEST(Printing, ForgetsTheLastRunWhenALiveDefinitionIsReadBack) {
  const DomainSpec spec = parsed(samples::installed);
  const LiveFacts live{.id = 7, .serial_ptys = {"/dev/pts/3"}, .vnc_ports = {5901}};
  const DomainSpec again = parsed(print_domain(spec, {.secure = true, .live = live}));
  EXPECT_EQ(again, spec);
  const std::string text = print_domain(again, {.secure = true});
  EXPECT_EQ(text, print_domain(spec, {.secure = true}));
}

TEST(Memory, IsKnownInEveryUnit) {
  const auto kib = [](std::string_view element) {
    return parsed("<domain type='qemu'><name>x</name>" + std::string(element) + "</domain>").memory_kib;
  };
  EXPECT_EQ(kib("<memory>65536</memory>"), 65536U);
  EXPECT_EQ(kib("<memory unit='b'>65536</memory>"), 64U);
  EXPECT_EQ(kib("<memory unit='bytes'>65537</memory>"), 65U);
  EXPECT_EQ(kib("<memory unit='KB'>1024</memory>"), 1000U);
  EXPECT_EQ(kib("<memory unit='k'>8</memory>"), 8U);
  EXPECT_EQ(kib("<memory unit='KiB'> 8 </memory>"), 8U);
  EXPECT_EQ(kib("<memory unit='kib'>8</memory>"), 8U);
  EXPECT_EQ(kib("<memory unit='MB'>1</memory>"), 977U);
  EXPECT_EQ(kib("<memory unit='M'>2</memory>"), 2048U);
  EXPECT_EQ(kib("<memory unit='MiB'>2</memory>"), 2048U);
  EXPECT_EQ(kib("<memory unit='GB'>1</memory>"), 976563U);
  EXPECT_EQ(kib("<memory unit='G'>1</memory>"), 1048576U);
  EXPECT_EQ(kib("<memory unit='GiB'>1</memory>"), 1048576U);
  EXPECT_EQ(kib("<memory unit='TB'>1</memory>"), 976562500U);
  EXPECT_EQ(kib("<memory unit='T'>1</memory>"), 1073741824U);
  EXPECT_EQ(kib("<memory unit='TiB'>16</memory>"), 17179869184U);
}

TEST(Consoles, AreSerialLinesUnderAnotherName) {
  const DomainSpec only_console = parsed(devices_with("<console type='pty'/>"));
  EXPECT_EQ(only_console.devices.serials.size(), 1U);
  const DomainSpec only_serial = parsed(devices_with("<serial type='unix'><source mode='bind' path='/s'/></serial>"));
  ASSERT_EQ(only_serial.devices.consoles.size(), 1U);
  EXPECT_EQ(only_serial.devices.consoles[0].source, only_serial.devices.serials[0].source);
  const DomainSpec virtio = parsed(devices_with("<console type='pty'><target type='virtio' port='0'/></console>"));
  EXPECT_TRUE(virtio.devices.serials.empty());
}

TEST(Interfaces, ForgetTheTapNamesOfTheLastRun) {
  const DomainSpec spec = parsed(devices_with("<interface type='ethernet'><target dev='vnet3'/></interface>"));
  EXPECT_EQ(spec.devices.interfaces[0].target, "");
  const DomainSpec nat = parsed(devices_with("<interface type='user'><target dev='testnet0'/></interface>"));
  EXPECT_EQ(nat.devices.interfaces[0].target, "");
  EXPECT_THAT(print_domain(nat), Not(HasSubstr("<target")));
}

TEST(Completing, GivesEachInterfaceAnAddressOfItsOwn) {
  DomainSpec spec = parsed(devices_with("<interface type='user'/><interface type='user'/>"));
  unsigned calls = 0;
  complete(spec, [&](MutableBytes out) { std::ranges::fill(out, static_cast<std::byte>(++calls < 4 ? 1 : calls)); });
  EXPECT_FALSE(spec.uuid.is_nil());
  EXPECT_NE(spec.devices.interfaces[0].mac, spec.devices.interfaces[1].mac);
  const DomainSpec before = spec;
  complete(spec, [](MutableBytes) { FAIL() << "nothing is missing"; });
  EXPECT_EQ(spec, before);
}

TEST(Cpu, AModelAloneMeansCustom) {
  const DomainSpec spec = parsed(
      domain_with("<cpu match='exact'><model fallback='forbid'>qemu64</model><feature policy='require' name='avx'/>"
                  "<feature policy='forbid' name='svm'/><feature policy='optional' name='vmx'/></cpu>"));
  EXPECT_EQ(
      spec.cpu,
      (Cpu{.mode = CpuMode::custom, .model = "qemu64", .features = {{.name = "avx"}, {.name = "svm", .on = false}}}));
  EXPECT_EQ(parsed(print_domain(spec)), spec);
}

}  // namespace
}  // namespace sluice::model
