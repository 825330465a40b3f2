#include "qemu/vnc_ports.h"

#include <gtest/gtest.h>

namespace sluice::qemu {
namespace {

TEST(VncPorts, AreFoundByTheScreensId) {
  const auto answer = boost::json::parse(R"([{"id":"vnc1","server":[{"host":"127.0.0.1","service":"5901"}]},
      {"id":"vnc0","server":[{"host":"::1","service":"5907"}]},{"id":"default","server":[{"service":"1"}]}])");
  EXPECT_EQ(read_vnc_ports(answer, 3).value(), (std::vector<std::int32_t>{5907, 5901, -1}));
}

TEST(VncPorts, NonsenseIsNotBelieved) {
  EXPECT_FALSE(read_vnc_ports(boost::json::parse("7"), 1));
  for (const char* text :
       {R"([7])", R"([{"id":"vnc0"}])", R"([{"id":"vnc0","server":[]}])", R"([{"id":"vnc0","server":[1]}])",
        R"([{"id":"vnc0","server":[{"service":"70000"}]}])", R"([{"id":"vnc0","server":[{"service":"59x"}]}])"}) {
    EXPECT_EQ(read_vnc_ports(boost::json::parse(text), 1).value(), std::vector<std::int32_t>{-1}) << text;
  }
}

}  // namespace
}  // namespace sluice::qemu
