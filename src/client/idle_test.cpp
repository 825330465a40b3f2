// Very many streams of one connection that nobody reads.

#include <sluice/host.h>

#include <algorithm>

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

class Idle : public ::testing::Test {
 protected:
  Idle() {
    Stream stream = volume.upload();
    stream.write(text);
    stream.finish();
  }

  void open(std::size_t count) {
    for (std::size_t number = 0; number < count; ++number) streams.push_back(volume.download());
  }
  std::size_t at_daemon(StreamState state) const {
    const std::vector<StreamInfo> infos = host.streams();
    return static_cast<std::size_t>(std::ranges::count(infos, state, &StreamInfo::state));
  }

  const std::string text = std::string(200'000, 'x');
  Runtime runtime;
  Host host = Host::connect("test:///default", {.runtime = runtime});
  Volume volume =
      host.lookup_pool("default-pool").create_volume("<volume><name>a</name><capacity>200000</capacity></volume>");
  std::vector<Stream> streams;
};

// More than may wait for their answers at once.
TEST_F(Idle, MoreStreamsThanCallsMayWaitAreAllOpenedAndGrantNothing) {
  constexpr std::size_t many = 3'000;
  open(many);
  ASSERT_TRUE(soon([&] { return at_daemon(StreamState::open) == many; }));
  for (const StreamInfo& info : host.streams()) {
    ASSERT_EQ(info.window + info.held + info.out, 0u);
    ASSERT_EQ(info.waits, StreamWait::window);
  }
  std::string came;
  streams[many / 2].receive([&](std::span<const std::byte> bytes) { came += as_text(bytes); });
  EXPECT_TRUE(came == text);
  streams.clear();
  EXPECT_TRUE(soon([&] { return host.streams().empty(); }));
}

TEST_F(Idle, WhatTheDaemonRefusesFailsWithoutBeingUsed) {
  volume.remove();
  open(1'000);
  for (const Stream& stream : streams) {
    ASSERT_TRUE(soon([&] { return stream.failure().has_value(); }));
    EXPECT_EQ(stream.failure()->code, Code::no_storage_vol);
  }
  EXPECT_EQ(at_daemon(StreamState::open), 0u);
}

TEST_F(Idle, ThoseGivenUpBeforeTheirTurnAreNeverAskedFor) {
  open(5'000);
  for (Stream& stream : streams) stream.abort("nobody needs it");
  open(1);
  std::vector<std::byte> room(text.size());
  EXPECT_GT(streams.back().read(room), 0u);
  streams.pop_back();
  EXPECT_TRUE(soon([&] { return host.streams().empty(); }));
  EXPECT_EQ(streams.front().failure()->message, "nobody needs it");
}

TEST_F(Idle, TheyEndWithTheirConnection) {
  open(2'000);
  host.close();
  for (const Stream& stream : streams) ASSERT_TRUE(soon([&] { return stream.failure().has_value(); }));
}

}  // namespace
}  // namespace sluice::client
