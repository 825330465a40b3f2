#include "xdr/codec.h"

#include <gmock/gmock.h>

#include <random>

namespace sluice::xdr {
namespace {

struct Inner {
  std::int32_t number = 0;
  std::array<std::uint32_t, 2> pair{};
  bool operator==(const Inner&) const = default;
};
struct Message {
  static constexpr std::size_t fields = 9;  // not one of them
  std::string name;
  std::optional<std::string> title;
  Uuid uuid;
  std::int64_t big = 0;
  double ratio = 0;
  List<Inner, 3> inner;
  Opaque<5> blob;
  Wide<std::int8_t> small;
  List<TypedParam, 8> params;
  bool operator==(const Message&) const = default;
};
static_assert(member_count<Message> == Message::fields);
static_assert(member_count<Void> == 0);
static_assert(Coding<Inner>::least == 12);

struct ConnectOpenLike {
  std::optional<std::string> uri;
  std::uint32_t flags = 0;
};

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::byte b : bytes) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

Message sample() {
  return {.name = "web1",
          .title = "one",
          .uuid = *Uuid::parse("c7a5fdbd-edaf-9455-926a-d65c16db1809"),
          .big = -2,
          .ratio = 0.5,
          .inner = {{{1, {2, 3}}, {4, {5, 6}}}},
          .blob = {{std::byte{9}}},
          .small = {-1},
          .params = {{{"i", std::int32_t{1}}, {"u", std::uint64_t{2}}, {"f", Flag{1}}, {"s", std::string("x")}}}};
}

TEST(Codec, LooksAsOnTheWire) {
  EXPECT_EQ(hex(encode(ConnectOpenLike{.uri = "qemu", .flags = 1})), "000000010000000471656d7500000001");
  EXPECT_EQ(hex(encode(Wide<std::int8_t>{-1})), "ffffffff");
  EXPECT_EQ(hex(encode(std::string("abcde"))), "000000056162636465000000");
}

TEST(Codec, ComesBackAsItWent) { EXPECT_EQ(decode<Message>(encode(sample())), sample()); }

TEST(Codec, EveryTruncationIsRefused) {
  const Buffer whole = encode(sample());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto cut = decode<Message>(Bytes(whole).first(n));
    ASSERT_FALSE(cut) << n;
    EXPECT_EQ(cut.error().code, Code::rpc);
  }
}

TEST(Codec, LeftOverBytesAreReportedOrRefused) {
  Buffer bytes = encode(ConnectOpenLike{});
  bytes.resize(bytes.size() + 4);
  EXPECT_FALSE(decode<ConnectOpenLike>(bytes));
  EXPECT_EQ(decode_front<ConnectOpenLike>(bytes)->rest.size(), 4u);
}

TEST(Codec, ACountIsComparedWithWhatIsThere) {
  const auto huge = decode<List<std::uint32_t, 0xffffffff>>(encode(std::uint32_t{0xffffffff}));
  ASSERT_FALSE(huge);
  EXPECT_THAT(huge.error().message, testing::HasSubstr("4294967295 is announced and 0 bytes are left"));
  const auto over = decode<List<std::uint32_t, 1>>(encode(List<std::uint32_t, 2>{{1, 2}}));
  ASSERT_FALSE(over);
  EXPECT_THAT(over.error().message, testing::HasSubstr("2 is over the limit of 1"));
}

TEST(Codec, AListAtTheEndIsThereOnlyIfItHasItems) {
  struct Old {
    std::uint32_t number = 0;
  };
  struct New {
    std::uint32_t number = 0;
    TailList<std::uint32_t, 2> more;
  };
  static_assert(Coding<New>::least == Coding<Old>::least);
  EXPECT_EQ(encode(New{.number = 7, .more = {}}), encode(Old{.number = 7}));
  EXPECT_TRUE(decode<New>(encode(Old{.number = 7}))->more.items.empty());
  const Buffer with = encode(New{.number = 7, .more = {{8, 9}}});
  EXPECT_EQ(hex(with), "00000007000000020000000800000009");
  EXPECT_EQ(decode<New>(with)->more.items, (std::vector<std::uint32_t>{8, 9}));
  EXPECT_EQ(decode_front<Old>(with)->value.number, 7u);
  for (std::size_t size = 5; size < with.size(); ++size) EXPECT_FALSE(decode<New>(Bytes(with).first(size))) << size;
  EXPECT_FALSE(decode<New>(encode(std::array{7u, 0u})));
  EXPECT_FALSE(decode<New>(encode(std::array{7u, 3u, 1u, 1u, 1u})));
}

TEST(Codec, StringsAreBounded) {
  Buffer bytes = encode(std::uint32_t{limits::string_max + 1});
  bytes.resize(bytes.size() + limits::string_max + 4);
  EXPECT_FALSE(decode<std::string>(bytes));
}

TEST(Codec, UnknownTypesOfParametersAndOddOptionalsAreRefused) {
  for (const std::uint32_t type : {0u, 8u, 0xffffffffu}) EXPECT_FALSE(decode<TypedValue>(encode(std::array{type, 0u})));
  EXPECT_FALSE(decode<std::optional<std::uint32_t>>(encode(std::array{2u, 0u})));
}

TEST(Codec, RandomBytesNeverDoMoreThanFail) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(random() % 128);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random() % 4);
    if (const auto message = decode<Message>(bytes)) {
      EXPECT_EQ(decode<Message>(encode(*message)), *message);
    }
  }
}

}  // namespace
}  // namespace sluice::xdr
