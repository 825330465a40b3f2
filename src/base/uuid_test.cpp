#include "base/uuid.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Uuid, PrintsWhatItParsed) {
  const auto uuid = Uuid::parse("c7a5fdbd-edaf-9455-926a-d65c16db1809");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->text(), "c7a5fdbd-edaf-9455-926a-d65c16db1809");
}

TEST(Uuid, HyphensAreOptional) {
  EXPECT_EQ(Uuid::parse("c7a5fdbdedaf9455926ad65c16db1809"), Uuid::parse("c7a5fdbd-edaf-9455-926a-d65c16db1809"));
}

TEST(Uuid, AnythingElseIsRefusedByName) {
  for (const char* bad : {"", "-", "c7a5", "c7a5fdbd-edaf-9455-926a-d65c16db18091", "-c7a5fdbdedaf9455926ad65c16db1809",
                          "c7a5fdbdedaf9455926ad65c16db1809-", "g7a5fdbdedaf9455926ad65c16db1809"}) {
    const auto uuid = Uuid::parse(bad);
    ASSERT_FALSE(uuid) << bad;
    EXPECT_EQ(uuid.error().message, "'" + std::string(bad) + "' is not a uuid");
  }
}

TEST(Uuid, RandomOnesAreOfVersion4) {
  std::array<std::byte, 16> all_ones;
  all_ones.fill(std::byte{0xff});
  EXPECT_EQ(Uuid::random_from(all_ones).text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

}  // namespace
}  // namespace sluice
