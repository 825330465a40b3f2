#include "cli/json.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(Json, EscapesWhatMustNotStandInAText) {
  EXPECT_EQ(json_text("a\"b\\c\nd\te\x01\x7f"), R"("a\"b\\c\nd\te\u0001\u007f")");
}

TEST(Json, KeepsUtf8) { EXPECT_EQ(json_text("Z\xc3\xbcrich \xf0\x9f\x92\xa7"), "\"Z\xc3\xbcrich \xf0\x9f\x92\xa7\""); }

TEST(Json, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json_text("a\xff\x62"), R"("a\ufffdb")");
  EXPECT_EQ(json_text("\xc3"), R"("\ufffd")");                                // cut off
  EXPECT_EQ(json_text("\xc0\xaf"), R"("\ufffd\ufffd")");                      // too long for what it says
  EXPECT_EQ(json_text("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");            // half of a pair
  EXPECT_EQ(json_text("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // beyond the last one
}

TEST(Json, ObjectsHoldTextsNumbersAndTruths) {
  JsonObject object;
  object.add("name", "web\"1").add("id", std::optional<int>(7)).add("none", std::optional<int>()).add("on", true);
  EXPECT_EQ(object.text(), R"({"name":"web\"1","id":7,"none":null,"on":true})");
}

}  // namespace
}  // namespace sluice::cli
