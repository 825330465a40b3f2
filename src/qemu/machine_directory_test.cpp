#include "qemu/machine_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "io/temporary_directory.h"

namespace sluice::qemu {
namespace {

const Uuid uuid = *Uuid::parse("c7a5fdbd-edaf-9455-926a-d65c16db1809");

void write(const io::Fd& to, const std::string& text) {
  ASSERT_EQ(::write(to.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

TEST(MachineDirectory, IsOursAloneAndRemovedAsAWhole) {
  const io::TemporaryDirectory state;
  const MachineDirectory directory(state.path(), uuid);
  directory.create();
  directory.create();
  struct stat about{};
  ASSERT_EQ(::stat(directory.path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700U);
  write(directory.open_log(), "line\n");
  directory.remove();
  EXPECT_FALSE(std::filesystem::exists(directory.path()));
}

TEST(MachineDirectory, EachStartHasItsOwnLogAndThePreviousIsKept) {
  const io::TemporaryDirectory state;
  const MachineDirectory directory(state.path(), uuid);
  directory.create();
  EXPECT_FALSE(directory.reopen_log());
  write(directory.open_log(), "first\n");
  const io::Fd second = directory.open_log();
  EXPECT_EQ(log_tail(second), "");
  write(second, "second\n");
  EXPECT_EQ(log_tail(directory.reopen_log()), "second\n");
  EXPECT_EQ(std::filesystem::file_size(directory.log() + ".old"), 6U);
}

TEST(MachineDirectory, ALogThatGrewTooLongKeepsItsEndAndGoesOnThere) {
  const io::TemporaryDirectory state;
  const MachineDirectory directory(state.path(), uuid);
  directory.create();
  const io::Fd log = directory.open_log();
  for (int i = 0; i < 3; ++i) write(log, std::string(512 * 1024 - 1, 'x') + "\n");
  trim_log(log);
  EXPECT_EQ(std::filesystem::file_size(directory.log()), 64U * 1024);
  write(log, "the end\n");
  EXPECT_EQ(std::filesystem::file_size(directory.log()), 64U * 1024 + 8);
  EXPECT_TRUE(log_tail(log).ends_with("x\nthe end\n"));
  trim_log(log);
  EXPECT_EQ(std::filesystem::file_size(directory.log()), 64U * 1024 + 8) << "a short one stays as it is";
}

TEST(MachineDirectory, TemporaryFilesHaveNoName) {
  const io::TemporaryDirectory state;
  const MachineDirectory directory(state.path(), uuid);
  directory.create();
  write(directory.temporary_file(), "kernel");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace sluice::qemu
