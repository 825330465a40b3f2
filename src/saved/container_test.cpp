#include "saved/container.h"

#include <gtest/gtest.h>

#include <cstring>

#include "saved/container_samples.h"
#include "saved/layout.h"

namespace sluice::saved {
namespace {

using samples::joined;
using samples::parts;
using samples::read_back;

constexpr std::string_view opening_line = "opening 01020304-0506-0708-090a-0b0c0d0e0f10 running 1700000000\n";

std::string hex(Bytes bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<unsigned>(b >> 4)];
    out += digits[std::to_integer<unsigned>(b & std::byte{15})];
  }
  return out;
}

std::string random_text(std::size_t length) {
  std::string out(length, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : out) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state);
  }
  return out;
}

TEST(Container, HasTheseBytes) {
  const auto all = parts({"state"});
  EXPECT_EQ(hex(all[0]),
            "89534c430d0a1a0a"
            "00000001"
            "00000040"
            "0102030405060708090a0b0c0d0e0f10"
            "0000000000000001"
            "000000006553f100"
            "0000000000000000"
            "caa0bf11916faf6a");
  EXPECT_EQ(hex(all[1]),
            "584d4c20"
            "00000000"
            "0000000000000000"
            "00000009"
            "00000009"
            "9763d4def28f9ce9"
            "3c646f6d61696e2f3e");
  EXPECT_EQ(hex(all[2]),
            "51454d55"
            "00000000"
            "0000000000000001"
            "00000005"
            "00000005"
            "769e8f220f71f269"
            "7374617465");
  EXPECT_EQ(hex(all[3]),
            "454e4420"
            "00000000"
            "0000000000000002"
            "00000018"
            "00000018"
            "cc59f46a1a989576"
            "0000000000000002"
            "0000000000000005"
            "a13cc4d25123be5f");
}

TEST(Container, ComesBackAsItWasWritten) {
  const auto outcome = read_back(joined(parts({"one", "two", "three"})));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.story, std::string(opening_line) + "xml <domain/>\nstate one\nstate two\nstate three\nend\n");
}

TEST(Container, ComesBackCompressed) {
  const std::string zeros(section_plain_max, '\0');
  const std::string noise = random_text(section_plain_max);
  const Buffer bytes = joined(parts({zeros, noise, "x"}, Compression::zstd));
  EXPECT_LT(bytes.size(), section_plain_max + 4096U);  // zeros shrank; noise is stored as it is, not longer
  const auto outcome = read_back(bytes);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.story,
            std::string(opening_line) + "xml <domain/>\nstate " + zeros + "\nstate " + noise + "\nstate x\nend\n");
}

TEST(Container, MayHoldNoStateAtAll) { EXPECT_EQ(read_back(joined(parts({}))).error, ""); }

TEST(Container, ReadsTheSameInAnySplit) {
  for (const auto compression : {Compression::none, Compression::zstd}) {
    const Buffer bytes = joined(parts({"one", std::string(3000, 'z'), "three"}, compression));
    const auto whole = read_back(bytes);
    EXPECT_EQ(whole.error, "");
    for (std::size_t step = 1; step <= bytes.size(); ++step) ASSERT_EQ(read_back(bytes, step), whole) << step;
  }
}

TEST(Container, WritesAPlainSectionWithoutCopyingIt) {
  Writer writer(samples::opening());
  writer.header();
  writer.xml("<domain/>");
  Chunk plain = Chunk::copy_of(as_bytes("state"));
  const std::byte* const where = plain.data();
  const auto [head, stored] = writer.state(std::move(plain));
  EXPECT_EQ(stored.data(), where);
  EXPECT_EQ(head.size(), section_head_size);
}

TEST(Container, GivesOutTheChunksInWhichASectionCame) {
  const auto all = parts({std::string(100'000, 's'), "next"});
  Reader reader;
  reader.feed(all[0]);
  reader.feed(all[1]);
  reader.feed(Bytes(all[2]).first(section_head_size));
  ASSERT_TRUE(*reader.next());
  ASSERT_TRUE(*reader.next());
  const Bytes body = Bytes(all[2]).subspan(section_head_size);
  Chunk first = Chunk::copy_of(body.first(60'000));
  Buffer with_next(body.begin() + 60'000, body.end());
  with_next.insert(with_next.end(), all[3].begin(), all[3].end());
  Chunk second = Chunk::copy_of(with_next);
  const std::byte* const where[] = {first.data(), second.data()};
  reader.take(first);
  EXPECT_TRUE(first.empty());
  reader.take(second);
  EXPECT_EQ(second.size(), all[3].size()) << "it takes no more than completes an item";
  const auto item = reader.next();
  ASSERT_TRUE(item && *item);
  const auto& plain = std::get<State>(**item).plain;
  ASSERT_EQ(plain.size(), 2U);
  EXPECT_EQ(plain[0].data(), where[0]);
  EXPECT_EQ(plain[1].data(), where[1]) << "the larger part of a chunk is kept, the smaller one copied";
}

TEST(Container, TellsUnderWhatItWasSaved) {
  Writer writer({.uuid = samples::opening().uuid, .was_running = false, .saved_at = 5});
  Reader reader;
  reader.feed(writer.header());
  const auto item = reader.next();
  ASSERT_TRUE(item && *item);
  EXPECT_EQ(std::get<Opening>(**item), (Opening{.uuid = samples::opening().uuid, .was_running = false, .saved_at = 5}));
}

TEST(ContainerDeathTest, PartsOutOfOrderAreOurOwnMistake) {
  Writer writer(samples::opening());
  EXPECT_DEATH(writer.xml("<domain/>"), "after the header");
  writer.header();
  EXPECT_DEATH(static_cast<void>(writer.state(Chunk::copy_of(as_bytes("x")))), "between its XML and the end");
  writer.xml("<domain/>");
  EXPECT_DEATH(static_cast<void>(writer.state(Chunk{})), "fits a section");
  EXPECT_DEATH(static_cast<void>(writer.state(Chunk::uninitialised(section_plain_max + 1))), "fits a section");
}

}  // namespace
}  // namespace sluice::saved
