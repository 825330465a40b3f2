#include "io/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "io/failure.h"

namespace sluice::io {
namespace {

class FewDescriptors : public testing::Test {
 protected:
  FewDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{.rlim_cur = 400, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  static std::string refusal_of(int number) {
    const Fd made(::fcntl(0, F_DUPFD_CLOEXEC, number));
    EXPECT_EQ(made.get(), number);
    try {
      leave_some(made, "cannot open 'it'");
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.os_error, EMFILE);
      return failure.error.message;
    }
    return "";
  }

 private:
  rlimit before_{};
};

TEST_F(FewDescriptors, TheLastQuarterIsLeftToOthers) {
  EXPECT_EQ(refusal_of(299), "");
  EXPECT_EQ(refusal_of(300), "cannot open 'it': Too many open files");
  EXPECT_EQ(refusal_of(399), "cannot open 'it': Too many open files");
}

TEST(Descriptors, OfManyOnlySomeAreLeftToOthers) {
  rlimit all{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &all), 0);
  const Fd made(::dup(0));
  EXPECT_NO_THROW(leave_some(made, "cannot open 'it'"));
}

}  // namespace
}  // namespace sluice::io
