#include "daemon/process_figures.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace sluice::daemon {
namespace {

TEST(ProcessFigures, AreThoseOfThisProcess) {
  const ProcessFigures figures = ProcessFigures::now();
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_GT(figures.started, 1.6e9);
  EXPECT_LE(figures.started, now.count() + 2) << "the kernel tells the boot in whole seconds";
  EXPECT_GT(figures.resident_bytes, 1u << 20);
  EXPECT_GE(figures.threads, 1u);
  const int one_more = ::dup(0);
  ASSERT_GE(one_more, 0);
  EXPECT_EQ(ProcessFigures::now().descriptors, figures.descriptors + 1);
  ::close(one_more);
}

}  // namespace
}  // namespace sluice::daemon
