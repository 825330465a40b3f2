#include "cli/json.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(Json, SaysWhatItWasGiven) {
  EXPECT_EQ(JsonObject().add("name", "web1").add("id", 3).add("running", true).add("none", std::optional<int>()).text(),
            R"({"name": "web1", "id": 3, "running": true, "none": null})");
}

TEST(Json, QuotesWhatNeedsIt) { EXPECT_EQ(json_quoted("a\"b\\c\n\x01"), R"("a\"b\\c\u000a\u0001")"); }

TEST(Json, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(json_quoted("\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa7"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa7\"");
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"}) {
    EXPECT_NE(json_quoted(bad).find("\\ufffd"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::cli
