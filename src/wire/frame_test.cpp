#include "wire/frame.h"

#include <gmock/gmock.h>

#include "wire/frame_reader.h"

namespace sluice::wire {
namespace {

// What arrived, as text, when the input comes in steps of `step` bytes.
std::string told(Bytes input, std::size_t step, std::uint32_t control_max = limits::message_max - header_size) {
  FrameReader reader;
  reader.limit_control(control_max);
  std::string story;
  while (!input.empty() && !reader.violation()) {
    Bytes part = input.first(std::min(step, input.size()));
    if (reader.body_left() > 0) {
      const auto n = std::min<std::size_t>(reader.body_left(), part.size());
      story += std::string(as_text(part.first(n)));
      reader.body_taken(static_cast<std::uint32_t>(n));
      input = input.subspan(n);
    } else {
      input = input.subspan(reader.feed(part));
    }
    if (auto frame = reader.next()) {
      story += "[" + std::string(name(frame->header.kind)) + " " + std::to_string(frame->header.serial) + " " +
               std::string(as_text(frame->payload)) + " " + std::to_string(frame->body) + "]";
    }
  }
  if (reader.violation()) story += "violation: " + reader.violation()->message;
  return story;
}

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(Frame, LooksAsOnTheWire) {
  const Buffer bytes = frame({.program = 0x20008086,
                              .version = 1,
                              .procedure = 208,
                              .kind = Kind::stream,
                              .serial = 9,
                              .status = Status::more},
                             as_bytes("abc"));
  ASSERT_EQ(bytes.size(), 31u);
  EXPECT_EQ(load_big<std::uint32_t>(bytes.data()), 31u) << "the length word counts itself and is not padded";
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[4]), 0x20008086u);
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[8]), 1u);
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[12]), 208u);
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[16]), 3u);
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[20]), 9u);
  EXPECT_EQ(load_big<std::uint32_t>(&bytes[24]), 2u);
}

TEST(FrameReader, TellsTheSameWholeAndByteByByte) {
  const Header data{.kind = Kind::stream, .serial = 7, .status = Status::more};
  const Buffer input = joined({frame({.serial = 1}, as_bytes("args")), frame(data, as_bytes("a body")),
                               frame({.kind = Kind::event, .serial = 2}, {}), frame(data, {}),
                               frame({.kind = Kind::stream, .serial = 3, .status = Status::error}, as_bytes("why"))});
  const std::string whole = told(input, input.size());
  EXPECT_EQ(whole, "[CALL 1 args 0][STREAM 7  6]a body[EVENT 2  0][STREAM 7  0][STREAM 3 why 0]");
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(told(input, step), whole) << step;
}

TEST(FrameReader, StopsBeforeABody) {
  const Header data{.kind = Kind::stream, .serial = 7, .status = Status::more};
  FrameReader reader;
  const Buffer input = frame(data, as_bytes("body"));
  EXPECT_EQ(reader.feed(input), 28u);
  EXPECT_EQ(reader.body_left(), 4u);
  EXPECT_EQ(reader.feed(Bytes(input).subspan(28)), 0u);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(FrameReader, ALengthBelowAHeaderIsRefusedWithItsFirstFourBytes) {
  for (const std::uint32_t length : {0u, 3u, 4u, 24u, 27u}) {
    std::array<std::byte, 4> word;
    store_big(word.data(), length);
    EXPECT_THAT(told(word, 4), testing::HasSubstr("fewer than its header")) << length;
    EXPECT_EQ(told(word, 4), told(word, 1));
  }
}

TEST(FrameReader, ALengthOverTheLimitIsRefusedAndTheLimitIsNot) {
  std::array<std::byte, 4> word;
  store_big(word.data(), limits::message_max + 4);
  EXPECT_EQ(told(word, 4), "");
  store_big(word.data(), limits::message_max + 5);
  EXPECT_THAT(told(word, 4), testing::HasSubstr("more than the 33554436"));
}

TEST(FrameReader, ControlFramesCanBeBoundedMoreTightlyThanBodies) {
  const Header data{.kind = Kind::stream, .serial = 7, .status = Status::more};
  EXPECT_THAT(told(frame({}, as_bytes("12345678")), 1, 7), testing::HasSubstr("violation"));
  EXPECT_EQ(told(frame({}, as_bytes("1234567")), 1, 7), "[CALL 0 1234567 0]");
  EXPECT_EQ(told(frame(data, as_bytes("12345678")), 1, 7), "[STREAM 7  8]12345678");
}

TEST(FrameReader, UnknownKindsAndStatusesComeThrough) {
  const Buffer input = frame({.kind = static_cast<Kind>(77), .status = static_cast<Status>(-1)}, as_bytes("x"));
  FrameReader reader;
  reader.feed(input);
  const auto got = reader.next();
  ASSERT_TRUE(got);
  EXPECT_EQ(static_cast<std::int32_t>(got->header.kind), 77);
  EXPECT_EQ(static_cast<std::int32_t>(got->header.status), -1);
  EXPECT_EQ(name(got->header.kind), "unknown");
}

}  // namespace
}  // namespace sluice::wire
