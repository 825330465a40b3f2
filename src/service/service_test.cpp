// The service of machines as a client sees it: over a link, on the in-memory host.

#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

TEST(ServiceOpen, TakesTheUrisClientsHave) {
  for (const char* uri :
       {"qemu:///system", "qemu:///session", "test:///default", "sluice:///system", "", "qemu:///system?foo=bar"}) {
    with_service([uri](Bed& bed) -> Task<> {
      co_await bed.call(ConnectOpen{.name = uri});
      const auto got = co_await bed.call(ConnectGetUri{});
      EXPECT_EQ(got.uri, std::string(uri).empty() ? "test:///default" : uri);
    });
  }
}

TEST(ServiceOpen, RefusesOtherUrisByName) {
  with_service([](Bed& bed) -> Task<> {
    const Error error = co_await bed.failure(ConnectOpen{.name = "xen:///"});
    EXPECT_EQ(error.code, Code::no_connect);
    EXPECT_NE(error.message.find("'xen:///'"), std::string::npos);
    co_await bed.open();  // and the connection lives
  });
}

TEST(ServiceOpen, ComesBeforeEverythingElse) {
  with_service([](Bed& bed) -> Task<> {
    EXPECT_EQ((co_await bed.failure(ConnectGetHostname{})).message, "hypervisor connection not open");
    EXPECT_EQ((co_await bed.failure(ConnectSupportsFeature{.feature = 14})).code, Code::internal_error);
    EXPECT_EQ((co_await bed.call(ConnectSupportsFeature{.feature = 10})).supported, 1);
    EXPECT_EQ((co_await bed.call(AuthList{})).types.items, std::vector<std::int32_t>{0});
    co_await bed.open();
    EXPECT_EQ((co_await bed.failure(ConnectOpen{})).code, Code::internal_error);
  });
}

TEST(ServiceOpen, SaysOnlyWhatWorks) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    for (int feature = 0; feature < 40; ++feature) {
      const int expected = feature == 10 || feature == 14 || feature == 15 ? 1 : 0;
      EXPECT_EQ((co_await bed.call(ConnectSupportsFeature{.feature = feature})).supported, expected) << feature;
    }
  });
}

TEST(ServiceOpen, ClosingEndsTheConnectionAfterTheReply) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    co_await bed.call(ConnectClose{});
    co_await bed.until([&] { return bed.client.over(); });
  });
}

TEST(ServiceNode, TellsWhatItIs) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    EXPECT_EQ((co_await bed.call(ConnectGetType{})).type, "TEST");
    EXPECT_FALSE((co_await bed.call(ConnectGetHostname{})).hostname.empty());
    const auto node = co_await bed.call(NodeGetInfo{});
    EXPECT_GT(node.memory, 0u);
    EXPECT_GT(node.cpus, 0);
    EXPECT_GT((co_await bed.call(NodeGetFreeMemory{})).free_mem, 0u);
    EXPECT_NE((co_await bed.call(ConnectGetCapabilities{})).capabilities.find("<capabilities>"), std::string::npos);
    EXPECT_EQ((co_await bed.failure(ConnectGetSysinfo{})).code, Code::config_unsupported);
    EXPECT_EQ((co_await bed.call(ConnectListAllNetworks{.need_results = 1})).count, 0u);
  });
}

TEST(ServiceNode, ReadsTheKernelsTables) {
  EXPECT_EQ(number_after("MemTotal:       1024 kB\nMemFree:         512 kB\n", "MemFree"), 512u);
  EXPECT_EQ(number_after("MemTotalX: 1\nMemTotal: 2\n", "MemTotal"), 2u);
  EXPECT_EQ(number_after("cpu MHz\t\t: 2596.992", "cpu MHz"), 2596u);
  EXPECT_EQ(number_after("nothing", "MemTotal"), 0u);
  EXPECT_EQ(number_after("MemTotal: none\n", "MemTotal"), 0u);
}

TEST(ServiceList, FiltersByFlagsAndCountsWithoutResults) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    co_await bed.call(DomainDefineXml{.xml = definition("off")});
    co_await bed.call(DomainDefineXml{.xml = definition("on")});
    co_await bed.call(DomainCreate{.dom = co_await bed.named("on")});
    co_await bed.call(DomainCreateXml{.xml_desc = definition("passing"), .flags = 1});
    const auto names = [&bed](std::uint32_t flags) -> Task<std::string> {
      const auto listed = co_await bed.call(ConnectListAllDomains{.need_results = 1, .flags = flags});
      std::string all;
      for (const auto& dom : listed.domains.items) all += dom.name + " ";
      EXPECT_EQ(listed.count, listed.domains.items.size());
      co_return all;
    };
    EXPECT_EQ(co_await names(0), "off on passing ");
    EXPECT_EQ(co_await names(1), "on passing ");
    EXPECT_EQ(co_await names(2), "off ");
    EXPECT_EQ(co_await names(3), "off on passing ");
    EXPECT_EQ(co_await names(8), "passing ");
    EXPECT_EQ(co_await names(32), "passing ");
    EXPECT_EQ(co_await names(16 | 64), "off on ");
    EXPECT_EQ(co_await names(256), "");
    EXPECT_EQ(co_await names(1024), "");
    const auto counted = co_await bed.call(ConnectListAllDomains{});
    EXPECT_EQ(counted.count, 3u);
    EXPECT_TRUE(counted.domains.items.empty());
    EXPECT_EQ((co_await bed.failure(ConnectListAllDomains{.flags = 1u << 30})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.call(ConnectNumOfDomains{})).num, 2);
    EXPECT_EQ((co_await bed.call(ConnectNumOfDefinedDomains{})).num, 1);
    EXPECT_EQ((co_await bed.call(ConnectListDomains{.maxids = 1})).ids.items.size(), 1u);
    EXPECT_EQ((co_await bed.call(ConnectListDomains{.maxids = -5})).ids.items.size(), 0u);
    EXPECT_EQ((co_await bed.call(ConnectListDefinedDomains{.maxnames = 9})).names.items,
              std::vector<std::string>{"off"});
  });
}

TEST(ServiceLookup, GoesByUuidOnlyOnceAMachineIsKnown) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    auto dom = (co_await bed.call(DomainDefineXml{.xml = definition("web1")})).dom;
    EXPECT_EQ(dom.id, -1);
    dom.name = "an old name";
    dom.id = 4711;
    co_await bed.call(DomainCreate{.dom = dom});
    const auto again = (co_await bed.call(DomainLookupByUuid{.uuid = dom.uuid})).dom;
    EXPECT_EQ(again.name, "web1");
    EXPECT_GT(again.id, 0);
    EXPECT_EQ((co_await bed.call(DomainLookupById{.id = again.id})).dom.uuid, dom.uuid);
    const Error error = co_await bed.failure(DomainLookupByName{.name = "web2"});
    EXPECT_EQ(error.code, Code::no_domain);
    EXPECT_NE(error.message.find("'web2'"), std::string::npos);
    EXPECT_EQ((co_await bed.failure(DomainLookupById{.id = 4711})).code, Code::no_domain);
  });
}

TEST(ServiceLife, GoesThroughAllOfIt) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    const auto dom = (co_await bed.call(DomainDefineXml{.xml = definition("web1")})).dom;
    const auto state = [&]() -> Task<std::int32_t> { co_return (co_await bed.call(DomainGetState{.dom = dom})).state; };
    EXPECT_EQ(co_await state(), 5);
    co_await bed.call(DomainCreate{.dom = dom});
    EXPECT_EQ(co_await state(), 1);
    co_await bed.call(DomainSuspend{.dom = dom});
    EXPECT_EQ(co_await state(), 3);
    co_await bed.call(DomainResume{.dom = dom});
    co_await bed.call(DomainReset{.dom = dom});
    co_await bed.call(DomainSetAutostart{.dom = dom, .autostart = 1});
    EXPECT_EQ((co_await bed.call(DomainGetAutostart{.dom = dom})).autostart, 1);
    EXPECT_EQ((co_await bed.call(DomainIsActive{.dom = dom})).active, 1);
    EXPECT_EQ((co_await bed.call(DomainIsPersistent{.dom = dom})).persistent, 1);
    EXPECT_EQ((co_await bed.call(DomainGetInfo{.dom = dom})).nr_virt_cpu.value, 1);
    EXPECT_EQ((co_await bed.call(DomainGetControlInfo{.dom = dom})).state, 0u);
    EXPECT_EQ((co_await bed.failure(DomainShutdownFlags{.dom = dom, .flags = 2})).code, Code::argument_unsupported);
    co_await bed.call(DomainDestroy{.dom = dom});
    EXPECT_EQ(co_await state(), 5);
    EXPECT_EQ((co_await bed.failure(DomainGetControlInfo{.dom = dom})).code, Code::operation_invalid);
    EXPECT_EQ((co_await bed.failure(DomainCreateWithFlags{.dom = dom, .flags = 2})).code, Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(DomainGetMetadata{.dom = dom})).code, Code::no_domain_metadata);
    co_await bed.call(DomainUndefineFlags{.dom = dom, .flags = 5});
    EXPECT_EQ((co_await bed.failure(DomainGetState{.dom = dom})).code, Code::no_domain);
  });
}

TEST(ServiceLife, RefusesBadDefinitions) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    EXPECT_NE((co_await bed.failure(DomainDefineXml{.xml = "<domain"})).code, Code::ok);
    std::string deep;
    for (int i = 0; i < 10000; ++i) deep += "<a>";
    EXPECT_NE((co_await bed.failure(DomainDefineXml{.xml = deep})).code, Code::ok);
    co_await bed.call(ConnectGetHostname{});
  });
}

TEST(ServiceRoles, AReadOnlyClientLooksAndDoesNotTouch) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open(1);
        const auto dom = co_await bed.named("test");
        co_await bed.call(DomainGetXmlDesc{.dom = dom});
        co_await bed.call(ConnectDomainEventCallbackRegisterAny{});
        EXPECT_EQ((co_await bed.failure(DomainGetXmlDesc{.dom = dom, .flags = 1})).code, Code::operation_denied);
        EXPECT_EQ((co_await bed.failure(DomainDestroy{.dom = dom})).code, Code::operation_denied);
        EXPECT_EQ((co_await bed.failure(DomainSave{.dom = dom, .to = "/tmp/x"})).code, Code::operation_denied);
        EXPECT_EQ((co_await bed.failure(DomainDefineXml{.xml = "<domain/>"})).code, Code::operation_denied);
        const Error console = co_await failure_of(bed.stream(DomainOpenConsole{.dom = dom}));
        EXPECT_EQ(console.code, Code::operation_denied);
      },
      {.default_machine = true});
}

TEST(ServiceRoles, TheReadOnlySocketGivesNoMoreThanThatWhateverTheClientSays) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await bed.named("test");
        const Error error = co_await bed.failure(DomainDestroy{.dom = dom});
        EXPECT_EQ(error.code, Code::operation_denied);
        EXPECT_NE(error.message.find("domain_destroy"), std::string::npos);
        EXPECT_NE(error.message.find("monitor"), std::string::npos);
      },
      {.default_machine = true, .role = remote::Role::monitor});
}

TEST(ServiceCalls, ThatCannotBeDecodedAreRefusedAndTheConnectionLives) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const Buffer little(3);
        const Error error =
            co_await failure_of(bed.client.call(remote::Remote::number, DomainLookupByName::proc, little));
        EXPECT_EQ(error.code, Code::rpc);
        EXPECT_EQ(error.domain, ErrorDomain::rpc);
        EXPECT_TRUE(error.message.starts_with("Unable to decode message payload")) << error.message;
        Buffer much = xdr::encode(DomainLookupByName{.name = "test"});
        much.resize(much.size() + 64);  // what is left over is ignored
        co_await bed.client.call(remote::Remote::number, DomainLookupByName::proc, std::move(much));
      },
      {.default_machine = true});
}

TEST(ServiceEvents, ReachThoseWhoRegistered) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    for (int event = 0; event <= 26; ++event) {
      EXPECT_EQ((co_await bed.call(ConnectDomainEventCallbackRegisterAny{.event_id = event})).callback_id, event);
    }
    EXPECT_EQ((co_await bed.failure(ConnectDomainEventCallbackRegisterAny{.event_id = 27})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(ConnectDomainEventCallbackDeregisterAny{.callback_id = 99})).code,
              Code::internal_error);
    const auto dom = (co_await bed.call(DomainDefineXml{.xml = definition("web1")})).dom;
    co_await bed.call(DomainCreate{.dom = dom});
    const auto of_web1 = co_await bed.call(ConnectDomainEventCallbackRegisterAny{.event_id = 0, .dom = dom});
    const auto other = (co_await bed.call(DomainDefineXml{.xml = definition("web2")})).dom;
    co_await bed.call(DomainSuspend{.dom = dom});
    co_await bed.until([&] { return bed.lifecycle.size() >= 5; });
    // Defined, started, the other defined; paused for both registrations.
    std::vector<std::string> told;
    for (const auto& e : bed.lifecycle) {
      told.push_back(std::to_string(e.callback_id) + ":" + e.msg.dom.name + ":" + std::to_string(e.msg.event));
    }
    EXPECT_EQ(told, (std::vector<std::string>{"0:web1:0", "0:web1:2", "0:web2:0", "0:web1:3",
                                              std::to_string(of_web1.callback_id) + ":web1:3"}));
    for (int id = 0; id <= 27; ++id) {
      co_await bed.call(ConnectDomainEventCallbackDeregisterAny{.callback_id = id});
    }
    co_await bed.call(DomainResume{.dom = dom});
    co_await bed.call(DomainUndefine{.dom = other});
    EXPECT_EQ(bed.lifecycle.size(), 5u);
  });
}

}  // namespace
}  // namespace sluice::service
