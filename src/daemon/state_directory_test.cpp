#include "daemon/state_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "daemon/private_directory_test.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

std::string failure(const std::string& path) {
  try {
    const StateDirectory state(path);
  } catch (const io::Failure& failed) {
    return failed.error.message;
  }
  return "";
}

unsigned mode_of(const std::string& path) {
  struct stat is{};
  return ::stat(path.c_str(), &is) == 0 ? is.st_mode & 07777u : 0;
}

TEST(StateDirectory, IsMadeForNobodyElse) {
  const PrivateDirectory here;
  const StateDirectory state(here.path("a/b"));
  EXPECT_EQ(mode_of(state.path()), 0700u);
  EXPECT_EQ(mode_of(state.path() + "/lock"), 0600u);
  EXPECT_TRUE(state.path().starts_with('/'));
}

TEST(StateDirectory, ThatOthersCouldReadIsMadePrivate) {
  const PrivateDirectory here;
  ASSERT_EQ(::mkdir(here.path("open").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(here.path("open").c_str(), 0755), 0);
  const StateDirectory state(here.path("open"));
  EXPECT_EQ(mode_of(state.path()), 0700u);
}

TEST(StateDirectory, HasOneDaemonAtATime) {
  const PrivateDirectory here;
  {
    const StateDirectory first(here.path("state"));
    const std::string refused = failure(here.path("state"));
    EXPECT_NE(refused.find("another sluiced (process " + std::to_string(::getpid()) + ") uses"), std::string::npos)
        << refused;
  }
  EXPECT_EQ(failure(here.path("state")), "");  // the first is gone
}

TEST(StateDirectory, ThatIsAFileIsRefused) {
  const PrivateDirectory here;
  std::ofstream(here.path("file")) << "x";
  EXPECT_NE(failure(here.path("file")).find("is not a directory"), std::string::npos);
  EXPECT_NE(failure(here.path("file/state")).find("Not a directory"), std::string::npos);
}

TEST(StateDirectory, WhoseLockIsALinkIsRefused) {
  const PrivateDirectory here;
  ASSERT_EQ(::mkdir(here.path("state").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("/dev/null", here.path("state/lock").c_str()), 0);
  EXPECT_NE(failure(here.path("state")).find("cannot open"), std::string::npos);
}

}  // namespace
}  // namespace sluice::daemon
