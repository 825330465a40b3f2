// Four streams share a connection, and one of them is given up: at every boundary between two frames, in the middle of
// frames, by either end, by both at once, and together with a finish. Both ends agree how it ended, what was under way
// is dropped, the others do not notice, a call is answered, and the next stream of that kind is as good as the first.

#include <gtest/gtest.h>

#include <iostream>

#include "conversation.h"

namespace sluice::sim {
namespace {

constexpr std::uint64_t cancels_least = 100'000;

std::vector<Setting> every_setting() {
  constexpr std::array ends{Setting{},  // libvirt's way
                            Setting{.extended = true, .window = 100}, Setting{.extended = true, .window = 40'000},
                            Setting{.extended = true, .reply_last = true, .window = 100},
                            Setting{.extended = true, .reply_last = true, .window = 40'000, .limited = true}};
  std::vector<Setting> settings;
  for (Setting setting : ends) {
    for (const LaneOptions lanes : {LaneOptions{.late = 0}, {.late = 3}, {.late = 4, .read = 100}}) {
      for (const Stop stop : {Stop::at_once, Stop::later, Stop::later_well, Stop::deaf}) {
        setting.lanes = lanes;
        setting.stop = stop;
        settings.push_back(setting);
      }
    }
  }
  return settings;
}

// Why a promise was broken; empty: it was not.
std::string broken_promise(Conversation& conversation) {
  try {
    conversation.run();
  } catch (const BrokenPromise& promise) {
    return promise.what();
  }
  return "";
}

TEST(EveryCancel, LeavesAllElseAsItIs) {
  std::uint64_t cancels = 0, movements = 0;
  for (const Setting& setting : every_setting()) {
    Conversation undisturbed(setting);
    ASSERT_EQ(broken_promise(undisturbed), "") << describe(setting);
    for (const Cancel& cancel : undisturbed.possible()) {
      Conversation conversation(setting, cancel);
      ASSERT_EQ(broken_promise(conversation), "") << describe(setting) << "; " << describe(cancel);
      movements += conversation.movements();
      ++cancels;
    }
  }
  std::cout << cancels << " cancels in " << movements << " movements; every promise kept\n";
  ASSERT_GE(cancels, cancels_least);
}

}  // namespace
}  // namespace sluice::sim
