#include "daemon/strangers.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::daemon {
namespace {

struct StrangersTest : testing::Test {
  Strangers::Seat enter(const std::string& name, const std::string& place) {
    return strangers.enter(place, [this, name] { driven_out.push_back(name); });
  }
  Strangers strangers{3};
  std::vector<std::string> driven_out;
};

TEST_F(StrangersTest, OneMoreThanThereIsRoomForDrivesOutTheOldest) {
  for (const std::string name : {"a", "b", "c"}) enter(name, "here");
  EXPECT_TRUE(driven_out.empty());
  enter("d", "here");
  enter("e", "here");
  EXPECT_EQ(driven_out, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(strangers.size(), 3u);
}

TEST_F(StrangersTest, AFloodFromOnePlaceDrivesOutItself) {
  enter("guest", "there");
  for (int i = 0; i < 100; ++i) enter("flood", "here");
  EXPECT_EQ(driven_out.size(), 98u);
  EXPECT_EQ(std::ranges::count(driven_out, "guest"), 0);
}

TEST_F(StrangersTest, ManyPlacesOfOneEachAreDrivenOutInTheOrderOfComing) {
  enter("first", "z");
  enter("second", "y");
  enter("guest", "a");
  for (const std::string name : {"b", "c"}) enter(name, name);
  EXPECT_EQ(driven_out, (std::vector<std::string>{"first", "second"}));
}

TEST_F(StrangersTest, WhoHasLeftMakesRoom) {
  const auto first = enter("a", "here");
  enter("b", "here");
  enter("c", "there");
  strangers.leave(first);
  enter("d", "there");
  EXPECT_TRUE(driven_out.empty());
  EXPECT_EQ(strangers.size(), 3u);
}

}  // namespace
}  // namespace sluice::daemon
