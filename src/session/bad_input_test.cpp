// Bytes that are not the protocol: the connection ends, once, with a reason; nothing crashes and nothing is answered.

#include <gmock/gmock.h>

#include <random>

#include "session/alone.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(BadInput, WrongLengthWordsEndTheConnection) {
  for (const std::uint32_t length : {0u, 4u, 27u, limits::message_max + 5, 0x80000000u, 0xffffffffu}) {
    Alone daemon(Side::daemon);
    std::array<std::byte, 4> word;
    store_big(word.data(), length);
    daemon.arrives_raw(word);
    EXPECT_THAT(daemon.told(), StartsWith("broken: the peer broke the protocol: a frame announces")) << length;
    EXPECT_EQ(daemon.said(), "");
    EXPECT_EQ(daemon.session.receive(word), 0u);
    EXPECT_EQ(daemon.session.counters().violations, 1u);
  }
}

TEST(BadInput, DescriptorsEndTheConnection) {
  for (const Kind kind : {Kind::call_fds, Kind::reply_fds}) {
    for (const Side side : {Side::client, Side::daemon}) {
      Alone end(side);
      end.arrives(header(kind, Plain::proc, 0), "0000");
      EXPECT_THAT(end.told(), HasSubstr("the peer passes descriptors, which was not offered"));
    }
  }
}

TEST(BadInput, UnknownKindsEndTheConnection) {
  for (const std::int32_t kind : {7, -1, 1000}) {
    Alone daemon(Side::daemon);
    daemon.arrives(header(static_cast<Kind>(kind), Plain::proc, 0));
    EXPECT_THAT(daemon.told(), HasSubstr("a frame of kind " + std::to_string(kind) + " arrived"));
  }
}

TEST(BadInput, TheLargestBodyPassesForAStreamAndForNobody) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 0));
  daemon.session.accept(id_of(Upload::proc, 0), {});
  const Buffer largest(limits::message_max - 24);
  daemon.arrives(data(Upload::proc, 0), largest);
  daemon.arrives(data(Upload::proc, 99), largest);
  EXPECT_EQ(daemon.inbox[id_of(Upload::proc, 0)].size(), largest.size());
  EXPECT_EQ(daemon.dropped.size(), largest.size());
  EXPECT_EQ(daemon.told(), "call upload #0\n");
}

TEST(BadInput, IsTheSameWholeAndByteByByte) {
  Buffer input;
  const auto add = [&](const Header& header, Bytes payload = {}) {
    const Buffer frame = wire::frame(header, payload);
    input.insert(input.end(), frame.begin(), frame.end());
  };
  add(call(Upload::proc, 0), as_bytes("args"));
  add(data(Upload::proc, 0), as_bytes("water"));
  add(call(Proc{4711, "unknown", Streaming::none, Role::none}, 1));
  add(hole(Upload::proc, 0), hole_of(5));
  add(data(Upload::proc, 0), as_bytes("late"));
  add(header(static_cast<Kind>(77), Plain::proc, 0));
  const auto story = [&](std::size_t step) {
    Alone daemon(Side::daemon);
    for (std::size_t at = 0; at < input.size(); at += step) {
      daemon.arrives_raw(Bytes(input).subspan(at, std::min(step, input.size() - at)));
    }
    return daemon.told() + daemon.inbox[id_of(Upload::proc, 0)] + "/" + daemon.dropped;
  };
  EXPECT_THAT(story(input.size()), HasSubstr("water/late"));
  for (std::size_t step = 1; step < input.size(); ++step) EXPECT_EQ(story(step), story(input.size())) << step;
}

TEST(BadInput, RandomFramesNeverDoMoreThanEndTheConnection) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const Side side = random() % 2 == 0 ? Side::client : Side::daemon;
    Alone end(side);
    if (random() % 2 == 0) end.become_extended();
    if (side == Side::client) {
      for (const Proc* proc : {&Plain::proc, &Upload::proc, &Download::proc, &Console::proc}) {
        end.session.call(Sample::number, *proc, {}, {});
      }
    }
    for (int i = 0; i < 20; ++i) {
      Buffer payload(random() % 3 == 0 ? 12 : random() % 40);
      for (std::byte& b : payload) b = static_cast<std::byte>(random() % 3);
      end.arrives({.program = random() % 10 == 0 ? remote::Extension::number : Sample::number,
                   .version = 1,
                   .procedure = static_cast<std::int32_t>(random() % 8),
                   .kind = static_cast<Kind>(random() % 7),
                   .serial = static_cast<std::uint32_t>(random() % 5),
                   .status = static_cast<Status>(random() % 4)},
                  payload);
      while (auto event = end.session.next()) {
        if (const auto* call = std::get_if<CallArrived>(&*event)) {
          if (call->proc->stream == Streaming::none) {
            end.session.reply(call->id, {});
          } else if (random() % 2 == 0) {
            end.session.accept(call->id, {});
          }
        }
      }
      while (end.session.compose(100)) continue;
    }
    end.session.lost(error(Code::system_error, "gone"));
    end.told();
    EXPECT_EQ(end.session.streams(), 0u);
  }
}

}  // namespace
}  // namespace sluice::session
