#include "model/same_machine.h"

#include <gtest/gtest.h>

#include "model/domain_samples.h"
#include "model/domain_xml.h"

namespace sluice::model {
namespace {

DomainSpec saved() { return *parse_domain(samples::installed); }

// What is said when `change` was made to the definition.
template <class Change>
std::string difference(Change change) {
  DomainSpec wanted = saved();
  change(wanted);
  const auto same = same_machine(saved(), wanted);
  return same ? "" : same.error().message;
}

TEST(SameMachine, WhatTheHostProvidesMayDiffer) {
  EXPECT_EQ(difference([](DomainSpec& spec) {
              spec.name = "web2";
              spec.title = "other";
              spec.devices.disks[0].source = "/elsewhere/web1.qcow2";
              spec.devices.disks[0].cache = DiskCache::writeback;
              spec.devices.interfaces[0].type = InterfaceType::ethernet;
              spec.devices.interfaces[0].target = "tap9";
              spec.devices.serials[0].source = {.type = CharacterType::unix_socket, .path = "/run/s"};
              spec.devices.graphics[0].port = 5905;
              spec.devices.emulator = "/opt/qemu";
              spec.on_crash = OnEvent::restart;
              spec.current_memory_kib = 100;
            }),
            "");
}

TEST(SameMachine, WhatTheGuestSeesMayNot) {
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.memory_kib = 1024; }),
            "the saved state does not fit: memory in KiB was 2097152 when the machine was saved and is 1024 in the new "
            "definition");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.vcpus = 4; }),
            "the saved state does not fit: the number of vcpus was 2 when the machine was saved and is 4 in the new "
            "definition");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.os.machine = "pc"; }),
            "the saved state does not fit: os type machine was 'q35' when the machine was saved and is 'pc' in the new "
            "definition");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.devices.disks.pop_back(); }),
            "the saved state does not fit: the number of disks was 2 when the machine was saved and is 1 in the new "
            "definition");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.devices.disks[0].bus = DiskBus::sata; }),
            "the saved state does not fit: disk 'vda' bus was 'virtio' when the machine was saved and is 'sata' in the "
            "new definition");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.devices.disks[0].address->slot = 9; }),
            "the saved state does not fit: disk 'vda' address is not the same as when the machine was saved");
  EXPECT_EQ(difference([](DomainSpec& spec) { spec.devices.interfaces[1].model = "virtio"; }).substr(0, 45),
            "the saved state does not fit: interface '' mo");
}

TEST(SameMachine, EveryFactOfTheGuestIsCompared) {
  EXPECT_NE(difference([](DomainSpec& spec) { spec.uuid.bytes[0] ^= std::byte{1}; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.type = VirtType::qemu; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.cpu.mode = CpuMode::host_model; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.cpu.features.push_back({.name = "avx"}); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.cpu.topology.reset(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.features.acpi = false; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.clock.hpet.reset(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.suspend_to_mem.reset(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.controllers[0].ports = 4; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.channels[0].name = "other"; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.inputs.clear(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.videos[0].model = VideoModel::vga; }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.rngs.clear(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.balloon.reset(); }), "");
  EXPECT_NE(difference([](DomainSpec& spec) { spec.devices.serials.clear(); }), "");
}

}  // namespace
}  // namespace sluice::model
