// Definitions that are refused, and the sentence that says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "model/domain_samples.h"
#include "model/domain_xml.h"

namespace sluice::model {
namespace {

using samples::devices_with;
using samples::domain_with;
using ::testing::HasSubstr;

Error refused(const std::string& xml) {
  auto spec = parse_domain(xml);
  EXPECT_FALSE(spec) << xml.substr(0, 1000);
  return spec ? Error{} : spec.error();
}
std::string why(const std::string& xml) { return refused(xml).message; }

TEST(Unsupported, InterfacesOfOtherTypesAreNamed) {
  const Error error = refused(devices_with("<interface type='network'><source network='default'/></interface>"));
  EXPECT_EQ(error.message,
            "interface type 'network' is not supported: possible are user (NAT by QEMU itself) and ethernet (a tap "
            "device of this host)");
  EXPECT_EQ(error.code, Code::config_unsupported);
  EXPECT_THAT(why(devices_with("<interface type='bridge'><source bridge='br0'/></interface>")),
              HasSubstr("interface type 'bridge' is not supported"));
}

TEST(Unsupported, TwoTargetsOfAnInterfaceAreOneTooMany) {
  EXPECT_EQ(why(devices_with("<interface type='ethernet'><target dev='tap0'/><target dev='tap1'/></interface>")),
            "more than one <target> of an interface");
}

TEST(Unsupported, DevicesAreNamed) {
  EXPECT_EQ(why(devices_with("<hostdev mode='subsystem' type='pci'/>")),
            "<hostdev> in <devices> is not supported: devices of the host cannot be given to a machine");
  EXPECT_EQ(why(devices_with("<disk type='network' device='disk'><source protocol='nbd' name='x'/></disk>")),
            "disk type 'network' is not supported: only 'file' is; disks are files of this host");
  EXPECT_THAT(why(devices_with("<disk type='file' device='floppy'><target dev='fda'/></disk>")),
              HasSubstr("disk device 'floppy' is not supported: possible are disk, cdrom"));
  EXPECT_THAT(why(devices_with("<disk type='file'><source file='/a'/><target dev='sda' bus='usb'/></disk>")),
              HasSubstr("disk target bus 'usb' is not supported: possible are virtio, ide, sata, scsi"));
  EXPECT_THAT(why(devices_with("<disk type='file'><driver type='vmdk'/><source file='/a'/><target dev='vda'/></disk>")),
              HasSubstr("disk driver type 'vmdk' is not supported"));
  EXPECT_THAT(why(devices_with("<disk type='file'><source file='/a'/><target dev='vda'/><iotune/></disk>")),
              HasSubstr("<iotune> in <disk> is not supported"));
  EXPECT_THAT(why(devices_with("<graphics type='spice'/>")), HasSubstr("graphics type 'spice' is not supported"));
  EXPECT_THAT(why(devices_with("<video><model type='qxl'/></video>")),
              HasSubstr("video model type 'qxl' is not supported: possible are vga, cirrus, virtio, bochs, none"));
  EXPECT_THAT(why(devices_with("<channel type='spicevmc'><target type='virtio' name='x'/></channel>")),
              HasSubstr("channel type 'spicevmc' is not supported: only 'unix' is"));
  EXPECT_THAT(why(devices_with("<serial type='tcp'/>")), HasSubstr("serial type 'tcp' is not supported"));
  EXPECT_THAT(why(devices_with("<sound model='ich6'/>")), HasSubstr("<sound> in <devices> is not supported"));
  EXPECT_THAT(why(devices_with("<rng model='virtio'><backend model='egd'/></rng>")),
              HasSubstr("rng backend model 'egd' is not supported"));
  EXPECT_THAT(why(devices_with("<rng model='virtio'><backend model='random'>/etc/shadow</backend></rng>")),
              HasSubstr("rng backend '/etc/shadow' is not supported"));
}

TEST(Unsupported, WhatTheGuestWouldSeeIsNotLeftOut) {
  EXPECT_THAT(why("<domain type='xen'><name>x</name></domain>"),
              HasSubstr("domain type 'xen' is not supported: possible are qemu, kvm, test"));
  EXPECT_THAT(why(domain_with("<cpu><numa/></cpu>")), HasSubstr("<numa> in <cpu> is not supported"));
  EXPECT_THAT(why(domain_with("<memoryBacking><hugepages/></memoryBacking>")), HasSubstr("<hugepages>"));
  EXPECT_THAT(why(domain_with("<features><hyperv/></features>")), HasSubstr("feature 'hyperv' is not supported"));
  EXPECT_THAT(why(domain_with("<vcpu cpuset='0-1'>1</vcpu>")), HasSubstr("cpuset='0-1' of <vcpu> is not supported"));
  EXPECT_THAT(why(domain_with("<vcpu current='1'>2</vcpu>")), HasSubstr("vcpu current '1' is not supported"));
  EXPECT_THAT(why(domain_with("<clock offset='timezone' timezone='x'/>")),
              HasSubstr("clock offset 'timezone' is not supported"));
  EXPECT_THAT(why(domain_with("<clock offset='utc'><timer name='tsc' frequency='5'/></clock>")),
              HasSubstr("timer 'tsc' is not supported"));
  EXPECT_THAT(why(domain_with("<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                              "<qemu:arg value='-s'/></qemu:commandline>")),
              HasSubstr("<qemu:commandline> is not supported"));
  EXPECT_THAT(why("<domain type='kvm'><name>x</name><memory>5</memory><os><type>xen</type></os></domain>"),
              HasSubstr("os type 'xen' is not supported"));
}

TEST(Unsupported, WhatOnlyAffectsSpeedIsKept) {
  for (const char* inside :
       {"<iothreads>2</iothreads>", "<resource><partition>/machine</partition></resource>",
        "<memoryBacking><allocation mode='ondemand'/></memoryBacking>", "<seclabel type='dynamic' model='dac'/>",
        "<devices><memballoon model='virtio'><stats period='5'/></memballoon></devices>",
        "<devices><audio id='1' type='none'/></devices>", "<memory dumpCore='off'>1</memory>"}) {
    const std::string xml = domain_with(inside);
    const auto spec = parse_domain(std::string_view(inside).starts_with("<memory ")
                                       ? "<domain type='kvm'><name>x</name>" + std::string(inside) + "</domain>"
                                       : xml);
    EXPECT_TRUE(spec) << inside << ": " << spec.error().message;
  }
}

TEST(WrongNames, AreRefused) {
  const auto named = [](const std::string& name) {
    return why("<domain type='kvm'><name>" + name + "</name><memory>65536</memory></domain>");
  };
  EXPECT_EQ(named(""), "a machine needs a <name>");
  EXPECT_EQ(named("a/b"), "'a/b' cannot be the name of a machine: it has a '/'");
  EXPECT_EQ(named(".."), "'..' cannot be the name of a machine: it begins with a dot");
  EXPECT_EQ(named("a\nb"), "'a?b' cannot be the name of a machine: it has control characters");
  EXPECT_EQ(named("a&#10;b"), "'a?b' cannot be the name of a machine: it has control characters");
  EXPECT_THAT(named(std::string(256, 'x')), HasSubstr("it is longer than 255 bytes"));
  EXPECT_TRUE(parse_domain("<domain type='kvm'><name>" + std::string(255, 'x') + "</name><memory>1</memory></domain>"));
}

TEST(Impossible, AmountsAreRefused) {
  const auto with_memory = [](const std::string& element) {
    return why("<domain type='kvm'><name>x</name>" + element + "</domain>");
  };
  EXPECT_EQ(with_memory(""), "a machine needs <memory>");
  EXPECT_EQ(with_memory("<memory>0</memory>"), "a machine needs <memory>");
  EXPECT_EQ(with_memory("<memory>-1</memory>"), "memory '-1' is not a number");
  EXPECT_EQ(with_memory("<memory>lots</memory>"), "memory 'lots' is not a number");
  EXPECT_EQ(with_memory("<memory unit='EiB'>1</memory>"), "memory unit 'EiB' is not known");
  EXPECT_EQ(with_memory("<memory unit='TiB'>17</memory>"), "memory 17 TiB is more than 16384 GiB");
  EXPECT_EQ(with_memory("<memory unit='TiB'>18446744073709551615</memory>"),
            "memory 18446744073709551615 TiB is more than 16384 GiB");
  EXPECT_EQ(with_memory("<memory>99999999999999999999999</memory>"),
            "memory '99999999999999999999999' is not a number");
  EXPECT_EQ(why(domain_with("<vcpu>0</vcpu>")), "vcpu '0' is not a number from 1 to 255");
  EXPECT_EQ(why(domain_with("<vcpu>256</vcpu>")), "vcpu '256' is not a number from 1 to 255");
  EXPECT_EQ(why(domain_with("<vcpu>2</vcpu><cpu><topology sockets='1' cores='4' threads='1'/></cpu>")),
            "cpu topology makes 4 vcpus, but there are 2");
}

TEST(Impossible, ContradictionsAreRefused) {
  const std::string disk = "<disk type='file'><source file='/a'/><target dev='vda'/></disk>";
  EXPECT_EQ(why(devices_with(disk + disk)), "target 'vda' is used by two disks");
  EXPECT_EQ(why(devices_with("<disk type='file'><source file='/a'/></disk>")), "a disk has no target dev");
  EXPECT_EQ(why(devices_with("<disk type='file'><target dev='vda'/></disk>")), "disk 'vda' has no source file");
  EXPECT_EQ(why(devices_with("<disk type='file'><source file='a.img'/><target dev='vda'/></disk>")),
            "disk 'vda': 'a.img' is not an absolute path");
  EXPECT_EQ(why(devices_with("<disk type='file' device='cdrom'><target dev='vda'/></disk>")),
            "disk 'vda': a cdrom cannot sit on the bus virtio");
  EXPECT_EQ(why(domain_with("<uuid>nonsense</uuid>")), "'nonsense' is not a uuid");
  EXPECT_EQ(why(domain_with("<name>other</name>")), "<name> is there twice");
}

TEST(Impossible, MoreContradictionsAreRefused) {
  EXPECT_EQ(why("<domain type='kvm'><name>x</name><memory>1</memory><os><cmdline>x</cmdline></os></domain>"),
            "an initrd or a cmdline needs a kernel");
  EXPECT_EQ(why(devices_with("<interface type='user'><mac address='01:00:00:00:00:01'/></interface>")),
            "'01:00:00:00:00:01' is not the MAC address of one interface");
  EXPECT_EQ(why(devices_with("<interface type='ethernet'><target dev='a-name-that-is-too-long'/></interface>")),
            "'a-name-that-is-too-long' is not a name of a network interface");
  EXPECT_EQ(why(devices_with("<serial type='unix'><source mode='bind'/></serial>")), "serial has no source path");
  EXPECT_EQ(why(devices_with("<disk type='file'><source file='/a'/><target dev='vda'/><boot order='1'/></disk>"
                             "<interface type='user'><boot order='1'/></interface>")),
            "boot order 1 is given twice");
  EXPECT_EQ(why(devices_with("<memballoon model='virtio'/><memballoon model='none'/>")), "more than one <memballoon>");
  EXPECT_EQ(why(domain_with("<cpu mode='custom'/>")), "cpu mode 'custom' needs a model");
  EXPECT_EQ(why(domain_with("<cpu mode='custom'><model>x,-foo</model></cpu>")),
            "cpu model 'x,-foo' has characters that it may not");
}

}  // namespace
}  // namespace sluice::model
