#include "qemu/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/domain_xml.h"

namespace sluice::qemu {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr const char* uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809";

model::DomainSpec spec(const std::string& devices, const std::string& machine = "pc-i440fx-7.2",
                       const std::string& rest = "<features><acpi/></features>") {
  const std::string xml = "<domain type='qemu'><name>a,b</name><uuid>" + std::string(uuid) +
                          "</uuid><memory unit='KiB'>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='" +
                          machine + "'>hvm</type></os>" + rest + "<devices>" + devices + "</devices></domain>";
  auto parsed = model::parse_domain(xml);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(model::DomainSpec{});
}

// As if everything had been opened: descriptors count up from 10 in the order of the devices.
Supplies supplies(const model::DomainSpec& machine) {
  Supplies out{.monitor = 9};
  int next = 10;
  for (const auto& disk : machine.devices.disks) {
    auto& descriptors = out.disks.emplace_back();
    if (disk.source.empty()) continue;
    descriptors.push_back(next++);
    if (!disk.read_only) descriptors.push_back(next++);
  }
  for (const auto& interface : machine.devices.interfaces) {
    out.taps.push_back(interface.type == model::InterfaceType::ethernet ? next++ : -1);
  }
  const auto character = [&next](const model::CharacterSource& source) {
    CharacterSupply supply;
    if (source.type == model::CharacterType::unix_socket) supply.socket = next++;
    if (source.type == model::CharacterType::file) supply.file = next++;
    if (!source.log_file.empty()) supply.log = next++;
    return supply;
  };
  for (const auto& each : serial_lines(machine)) out.serials.push_back(character(each.source));
  for (const auto& each : machine.devices.consoles) {
    out.consoles.push_back(is_serial_alias(each) ? CharacterSupply{} : character(each.source));
  }
  for (const auto& each : machine.devices.channels) out.channels.push_back(character(each.source));
  return out;
}

Words built(const model::DomainSpec& machine) {
  auto words = command_line(machine, supplies(machine));
  EXPECT_TRUE(words) << words.error().message;
  return words.value_or(Words{});
}

std::string refused(const model::DomainSpec& machine) {
  const auto words = command_line(machine, supplies(machine));
  EXPECT_FALSE(words);
  if (words) return {};
  EXPECT_EQ(words.error().code, Code::config_unsupported);
  return words.error().message;
}

// The values of an option, in order.
Words values(const Words& words, const std::string& option) {
  Words out;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == option) out.push_back(words[i + 1]);
  }
  return out;
}

Words devices(const std::string& xml, const std::string& machine = "pc-i440fx-7.2") {
  return values(built(spec(xml + "<memballoon model='none'/>", machine)), "-device");
}

TEST(CommandLine, OfTheSmallestMachine) {
  EXPECT_THAT(
      built(spec("")),
      ElementsAre("-name", "guest=a,,b,debug-threads=on", "-uuid", uuid, "-S", "-no-user-config", "-nodefaults",
                  "-no-shutdown", "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                  "-msg", "timestamp=on", "-chardev", "socket,id=charmonitor,fd=9,server=on,wait=off", "-mon",
                  "chardev=charmonitor,id=monitor,mode=control", "-machine",
                  "pc-i440fx-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on", "-accel", "tcg", "-object",
                  R"({"qom-type":"memory-backend-ram","id":"pc.ram","size":67108864})", "-m", "size=65536k",
                  "-overcommit", "mem-lock=off", "-smp", "1,sockets=1,cores=1,threads=1", "-rtc", "base=utc", "-boot",
                  "strict=on", "-display", "none", "-device", R"({"driver":"virtio-balloon-pci","id":"balloon0"})"));
}

TEST(CommandLine, OfAMachineThatWaitsForItsState) {
  const auto machine = spec("");
  Supplies all = supplies(machine);
  all.incoming = true;
  const Words words = *command_line(machine, all);
  EXPECT_THAT(values(words, "-incoming"), ElementsAre("defer"));
}

TEST(CommandLine, DisksAreFilesAlreadyOpen) {
  const Words words =
      built(spec("<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/>"
                 "<source file='/a,b.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial></disk>"
                 "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/c.iso'/>"
                 "<target dev='hda' bus='ide'/><readonly/></disk><disk type='file' device='cdrom'><target dev='hdb' "
                 "bus='ide'/></disk>"));
  EXPECT_THAT(values(words, "-add-fd"), ElementsAre("fd=10,set=1", "fd=11,set=1", "fd=12,set=2"));
  EXPECT_THAT(
      values(words, "-blockdev"),
      ElementsAre(
          R"({"driver":"file","filename":"/dev/fdset/1","node-name":"image0-file","auto-read-only":false,"read-only":false,"discard":"unmap","cache":{"direct":true,"no-flush":false}})",
          R"({"driver":"qcow2","file":"image0-file","node-name":"image0","read-only":false,"discard":"unmap","cache":{"direct":true,"no-flush":false}})",
          R"({"driver":"file","filename":"/dev/fdset/2","node-name":"image1-file","auto-read-only":false,"read-only":true})",
          R"({"driver":"raw","file":"image1-file","node-name":"image1","read-only":true})"));
  EXPECT_THAT(
      values(words, "-device"),
      ElementsAre(
          R"({"driver":"ide-cd","id":"disk-hda","drive":"image1","bus":"ide.0","unit":0})",
          R"({"driver":"ide-cd","id":"disk-hdb","bus":"ide.0","unit":1})",
          R"({"driver":"virtio-blk-pci","id":"disk-vda","drive":"image0","bootindex":1,"write-cache":"on","serial":"S1"})",
          R"({"driver":"virtio-balloon-pci","id":"balloon0"})"));
}

TEST(CommandLine, EveryBusHasItsController) {
  const std::string disk = "<disk type='file' device='disk'><source file='/a'/><target dev='sdb' bus='";
  EXPECT_THAT(devices(disk + "sata'/></disk>"),
              ElementsAre(R"({"driver":"ich9-ahci","id":"sata0"})",
                          R"({"driver":"ide-hd","id":"disk-sdb","drive":"image0","bootindex":1,"bus":"sata0.1"})"));
  EXPECT_THAT(devices(disk + "sata'/></disk>", "pc-q35-7.2"),
              ElementsAre(R"({"driver":"ide-hd","id":"disk-sdb","drive":"image0","bootindex":1,"bus":"ide.1"})"))
      << "q35 has a sata controller on the board";
  EXPECT_THAT(
      devices(disk + "scsi'/></disk>"),
      ElementsAre(
          R"({"driver":"virtio-scsi-pci","id":"scsi0"})",
          R"({"driver":"scsi-hd","id":"disk-sdb","drive":"image0","bootindex":1,"bus":"scsi0.0","channel":0,"scsi-id":1,"lun":0})"));
  EXPECT_THAT(refused(spec("<disk type='file' device='disk'><source file='/a'/><target dev='hda' bus='ide'/></disk>",
                           "pc-q35-7.2")),
              HasSubstr("disk 'hda' is on bus ide"));
}

TEST(CommandLine, PlacesThatAreGivenAreTakenFirst) {
  EXPECT_THAT(
      devices("<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"
              "<interface type='ethernet'><mac address='52:54:00:00:00:02'/><target dev='tap7'/><model type='e1000'/>"
              "<address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x1'/></interface>"),
      ElementsAre(
          R"({"driver":"e1000","netdev":"hostnet1","id":"net1","mac":"52:54:00:00:00:02","bus":"pci.0","addr":"0x1f.0x1"})",
          R"({"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","mac":"52:54:00:00:00:01"})"));
}

TEST(CommandLine, InterfacesAreUserModeOrATapAlreadyOpen) {
  const Words words =
      built(spec("<interface type='user'/><interface type='ethernet'><target dev='tap7'/></interface>"));
  EXPECT_THAT(values(words, "-netdev"),
              ElementsAre(R"({"type":"user","id":"hostnet0"})", R"({"type":"tap","id":"hostnet1","fd":"10"})"));
}

TEST(CommandLine, CharacterDevices) {
  const Words words =
      built(spec("<serial type='pty'/><serial type='unix'><source mode='bind' path='/s'/></serial>"
                 "<serial type='file'><source path='/f'/></serial><console type='pty'><target type='serial'/></console>"
                 "<console type='pty'><target type='virtio'/></console>"
                 "<channel type='unix'><target type='virtio' name='org.example.a'/></channel>"));
  EXPECT_THAT(
      values(words, "-chardev"),
      ElementsAre("socket,id=charmonitor,fd=9,server=on,wait=off", "pty,id=charserial0",
                  "socket,id=charserial1,fd=10,server=on,wait=off", "file,id=charserial2,path=/dev/fdset/1,append=on",
                  "pty,id=charconsole1", "socket,id=charchannel0,fd=12,server=on,wait=off"));
  EXPECT_THAT(
      values(words, "-device"),
      ElementsAre(
          R"({"driver":"virtio-serial-pci","id":"virtio-serial0"})",
          R"({"driver":"isa-serial","chardev":"charserial0","id":"serial0","index":0})",
          R"({"driver":"isa-serial","chardev":"charserial1","id":"serial1","index":1})",
          R"({"driver":"isa-serial","chardev":"charserial2","id":"serial2","index":2})",
          R"({"driver":"virtconsole","chardev":"charconsole1","id":"console1","bus":"virtio-serial0.0"})",
          R"({"driver":"virtserialport","chardev":"charchannel0","id":"channel0","name":"org.example.a","bus":"virtio-serial0.0"})",
          R"({"driver":"virtio-balloon-pci","id":"balloon0"})"));
}

TEST(CommandLine, AConsoleAloneIsASerialLine) {
  EXPECT_THAT(devices("<console type='pty'/>"),
              ElementsAre(R"({"driver":"isa-serial","chardev":"charserial0","id":"serial0","index":0})"));
}

TEST(CommandLine, ScreensInputsAndRandomNumbers) {
  const Words words =
      built(spec("<graphics type='vnc' port='5907' listen='::1' passwd='x'/>"
                 "<video><model type='virtio'/></video><input type='tablet' bus='usb'/><input type='mouse' bus='ps2'/>"
                 "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng><memballoon model='none'/>"));
  EXPECT_THAT(values(words, "-vnc"), ElementsAre("[::1]:7,id=vnc0,password=on"));
  EXPECT_THAT(values(words, "-device"),
              ElementsAre(R"({"driver":"qemu-xhci","id":"usb"})", R"({"driver":"virtio-vga","id":"video0"})",
                          R"({"driver":"usb-tablet","id":"input0","bus":"usb.0"})",
                          R"({"driver":"virtio-rng-pci","rng":"objrng0","id":"rng0"})"));
}

TEST(CommandLine, BootOrderIsOfTheDevicesOrOfTheirKinds) {
  const std::string disks =
      "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
      "<disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>"
      "<disk type='file' device='cdrom'><source file='/c'/><target dev='hda' bus='ide'/><readonly/></disk>";
  auto machine = spec(disks + "<memballoon model='none'/>");
  machine.os.boot = {model::BootDevice::cdrom, model::BootDevice::hd};
  Words out = values(built(machine), "-device");
  EXPECT_THAT(out[0], HasSubstr(R"("bootindex":1)"));
  EXPECT_THAT(out[1], HasSubstr(R"("bootindex":2)"));
  EXPECT_THAT(out[2], ::testing::Not(HasSubstr("bootindex")));
  machine.os.boot.clear();
  machine.devices.disks[1].boot_order = 1;
  out = values(built(machine), "-device");
  EXPECT_THAT(out[0], ::testing::Not(HasSubstr("bootindex")));
  EXPECT_THAT(out[2], HasSubstr(R"("bootindex":1)"));
}

TEST(CommandLine, KernelsAreWhereWePutThem) {
  auto machine = spec("");
  machine.os.cmdline = "console=ttyS0 a=b,c";
  Supplies all = supplies(machine);
  all.kernel = "/dev/fd/12";
  all.initrd = "/dev/fd/13";
  const Words words = *command_line(machine, all);
  EXPECT_THAT(values(words, "-kernel"), ElementsAre("/dev/fd/12"));
  EXPECT_THAT(values(words, "-initrd"), ElementsAre("/dev/fd/13"));
  EXPECT_THAT(values(words, "-append"), ElementsAre("console=ttyS0 a=b,c"));
}

TEST(CommandLine, KvmOnlyForDomainsOfThatType) {
  auto machine = spec("");
  machine.type = model::VirtType::kvm;
  machine.cpu.mode = model::CpuMode::host_passthrough;
  EXPECT_THAT(values(built(machine), "-accel"), ElementsAre("kvm"));
  EXPECT_THAT(values(built(machine), "-cpu"), ElementsAre("host"));
  machine.type = model::VirtType::qemu;
  EXPECT_THAT(refused(machine), HasSubstr("host-passthrough"));
}

TEST(CommandLine, RootPortsOfQ35ComeBeforeWhatSitsOnThem) {
  EXPECT_THAT(
      devices(
          "<controller type='pci' index='0' model='pcie-root'/><controller type='pci' index='1' model='pcie-root-port'>"
          "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/></controller>"
          "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/>"
          "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></disk>",
          "pc-q35-7.2"),
      ElementsAre(
          R"({"driver":"pcie-root-port","id":"pci.1","port":1,"chassis":1,"bus":"pcie.0","multifunction":true,"addr":"0x2"})",
          R"({"driver":"virtio-blk-pci","id":"disk-vda","drive":"image0","bootindex":1,"bus":"pci.1","addr":"0x0"})"));
}

TEST(CommandLine, WhatCannotBeBuiltIsRefusedByName) {
  EXPECT_THAT(refused(spec("", "microvm")), HasSubstr("machine type 'microvm'"));
  EXPECT_THAT(refused(spec("<controller type='scsi' index='0' model='lsilogic'/>")), HasSubstr("'lsilogic'"));
  auto low = spec("<graphics type='vnc' port='-1' autoport='yes'/>");
  EXPECT_THAT(values(built(low), "-vnc"), ElementsAre("127.0.0.1:0,id=vnc0,to=1000"));
  low.devices.graphics[0].port = 80;
  EXPECT_THAT(refused(low), HasSubstr("vnc port 80"));
  EXPECT_THAT(refused(spec("<controller type='usb' model='none'/><input type='tablet' bus='usb'/>")),
              HasSubstr("usb controller's model is 'none'"));
}

}  // namespace
}  // namespace sluice::qemu
