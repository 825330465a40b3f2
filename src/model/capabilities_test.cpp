#include "model/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/document.h"

namespace sluice::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HostCapabilities host() {
  return {.arch = "x86_64",
          .cpu_model = "EPYC",
          .cpu_vendor = "AMD",
          .cores = 2,
          .memory_kib = 1024,
          .emulator = "/usr/bin/qemu-system-x86_64",
          .types = {VirtType::kvm, VirtType::qemu},
          .machines = {{"pc-i440fx-7.2", "pc", 255}, {"pc-q35-7.2", "q35", 288}, {"microvm", "", 0}}};
}

TEST(Capabilities, ListTypesAndMachines) {
  const std::string xml = print_capabilities(host());
  EXPECT_TRUE(load_document(xml));
  EXPECT_THAT(xml, HasSubstr("<os_type>hvm</os_type>"));
  EXPECT_THAT(xml, HasSubstr("<arch name='x86_64'>"));
  EXPECT_THAT(xml, HasSubstr("<machine maxCpus='255'>pc-i440fx-7.2</machine>"));
  EXPECT_THAT(xml, HasSubstr("<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>"));
  EXPECT_THAT(xml, HasSubstr("<machine>microvm</machine>"));
  EXPECT_THAT(xml, HasSubstr("<domain type='kvm' />"));
  EXPECT_THAT(xml, HasSubstr("<vendor>AMD</vendor>"));
}

TEST(Capabilities, AHostWithoutMachinesListsNoGuests) {
  HostCapabilities empty;
  EXPECT_THAT(print_capabilities(empty), Not(HasSubstr("<guest>")));
  EXPECT_FALSE(print_domain_capabilities(empty));
}

TEST(DomainCapabilities, AreThoseOfTheDefaultMachine) {
  const auto xml = print_domain_capabilities(host());
  ASSERT_TRUE(xml);
  EXPECT_TRUE(load_document(*xml));
  EXPECT_THAT(*xml, HasSubstr("<machine>pc-i440fx-7.2</machine>"));
  EXPECT_THAT(*xml, HasSubstr("<vcpu max='255' />"));
  EXPECT_THAT(*xml, HasSubstr("<mode name='host-passthrough' supported='yes' />"));
  EXPECT_THAT(*xml, HasSubstr("<value>cirrus</value>"));
}

TEST(DomainCapabilities, FollowTheQuestion) {
  const auto xml = print_domain_capabilities(host(), {.machine = "q35", .type = "qemu"});
  ASSERT_TRUE(xml);
  EXPECT_THAT(*xml, HasSubstr("<domain>qemu</domain>"));
  EXPECT_THAT(*xml, HasSubstr("<machine>pc-q35-7.2</machine>"));
  EXPECT_THAT(*xml, HasSubstr("<mode name='host-passthrough' supported='no' />"));
}

TEST(DomainCapabilities, NameWhatTheHostHasNot) {
  const auto why = [](const DomainCapabilitiesQuery& query) {
    return print_domain_capabilities(host(), query).error().message;
  };
  EXPECT_EQ(why({.machine = "virt"}), "machine type 'virt' is not offered by this host");
  EXPECT_EQ(why({.arch = "riscv64"}), "architecture 'riscv64' is not offered by this host");
  EXPECT_EQ(why({.type = "xen"}), "type 'xen' is not offered by this host");
  EXPECT_EQ(why({.emulator = "/bin/sh"}), "emulator '/bin/sh' is not offered by this host");
}

}  // namespace
}  // namespace sluice::model
