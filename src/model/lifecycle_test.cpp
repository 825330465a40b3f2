#include "model/lifecycle.h"

#include <gtest/gtest.h>

#include "model/job.h"

namespace sluice::model {
namespace {

TEST(Life, OfAGuestThatStartsAndShutsItselfDown) {
  Life life;
  EXPECT_EQ(life.state(), 5);
  EXPECT_EQ(life.take(Step::start), (Report{3, 11, {}}));
  EXPECT_EQ(life.take(Step::started), (Report{1, 1, {{2, 0}}}));
  EXPECT_TRUE(life.is_active());
  EXPECT_EQ(life.take(Step::shutdown_request), (Report{1, 1, {}}));
  EXPECT_EQ(life.take(Step::guest_shutdown), (Report{4, 0, {{6, 1}}}));
  EXPECT_EQ(life.take(Step::died), (Report{5, 1, {{5, 0}}}));
  EXPECT_FALSE(life.is_active());
}

TEST(Life, OfAGuestThatIsSavedAndRestored) {
  Life life(Phase::running, 1, 1);
  EXPECT_EQ(life.take(Step::save), (Report{3, 3, {{3, 0}}}));
  EXPECT_EQ(life.take(Step::saved), (Report{5, 5, {{5, 4}}}));
  EXPECT_EQ(life.take(Step::restore), (Report{3, 11, {}}));
  EXPECT_EQ(life.take(Step::restored), (Report{1, 3, {{2, 2}}}));
}

TEST(Life, AFailedSaveLeavesTheGuestAsItWas) {
  Life running(Phase::running, 1, 1);
  running.take(Step::save);
  EXPECT_EQ(running.take(Step::save_failed), (Report{1, 7, {{4, 0}}}));
  EXPECT_EQ(running.phase(), Phase::running);
  Life paused(Phase::paused, 3, 1);
  paused.take(Step::save);
  EXPECT_EQ(paused.take(Step::save_failed), (Report{3, 1, {}}));
  EXPECT_EQ(paused.phase(), Phase::paused);
}

TEST(Life, AStepThatIsNotAllowedChangesNothingAndIsExplained) {
  Life life;
  EXPECT_FALSE(life.allows(Step::pause));
  EXPECT_FALSE(life.take(Step::pause));
  EXPECT_EQ(life.why_not("guest").message, "machine 'guest' is not running");
  EXPECT_EQ(life.why_not("guest").code, Code::operation_invalid);
  life.take(Step::start);
  life.take(Step::started);
  EXPECT_FALSE(life.take(Step::start));
  EXPECT_EQ(life.why_not("guest").message, "machine 'guest' is running");
  life.take(Step::save);
  EXPECT_FALSE(life.take(Step::pause));
  EXPECT_EQ(life.why_not("guest").message, "machine 'guest' is being saved");
}

TEST(Life, PausingTwiceIsQuiet) {
  Life life(Phase::running, 1, 1);
  EXPECT_EQ(life.take(Step::pause), (Report{3, 1, {{3, 0}}}));
  EXPECT_EQ(life.take(Step::pause), (Report{3, 1, {}}));
}

TEST(Life, EveryReportSaysAStateThatFitsItsPhase) {
  for (const auto& row : lifecycle_rows) {
    if (row.action == Told::nothing) continue;
    const Report told = report(row.action);
    const bool off = row.to == Phase::shut_off;
    EXPECT_EQ(told.state == 5, off) << name(row.from) << " " << name(row.on);
    EXPECT_EQ(told.state == 1, row.to == Phase::running) << name(row.from) << " " << name(row.on);
    for (const Happening& each : told.events) EXPECT_EQ(each.event == 5, off) << name(row.from) << " " << name(row.on);
    EXPECT_FALSE(name(row.action).empty());
  }
}

TEST(Drawings, ShowTheirTables) {
  EXPECT_NE(mermaid("Machine", lifecycle_rows).find("saving --> running: save failed / save cancelled"),
            std::string::npos);
  EXPECT_NE(mermaid("Job", job_rows).find("active --> cancelling: L.cancel / stop the operation"), std::string::npos);
}

TEST(Job, ASecondOneIsRefusedAndNamesTheFirst) {
  JobSlot slot;
  EXPECT_TRUE(slot.begin("guest", JobKind::save));
  const auto second = slot.begin("guest", JobKind::restore);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "machine 'guest' is being saved");
  EXPECT_EQ(second.error().code, Code::operation_invalid);
  EXPECT_EQ(slot.kind(), JobKind::save);
  slot.end();
  EXPECT_TRUE(slot.begin("guest", JobKind::restore));
  EXPECT_EQ(slot.begin("guest", JobKind::save).error().message, "machine 'guest' is being restored");
}

TEST(Job, IsCancelledOnceAndRemainsUntilItEnded) {
  JobSlot slot;
  EXPECT_EQ(slot.cancel("guest").error().message, "machine 'guest' has no job");
  ASSERT_TRUE(slot.begin("guest", JobKind::save));
  EXPECT_TRUE(*slot.cancel("guest"));
  EXPECT_FALSE(*slot.cancel("guest"));
  EXPECT_TRUE(slot.cancelling());
  EXPECT_FALSE(slot.begin("guest", JobKind::save));
  slot.end();
  EXPECT_FALSE(slot.busy());
}

}  // namespace
}  // namespace sluice::model
