#include "qemu/log_lines.h"

#include <gtest/gtest.h>

namespace sluice::qemu {
namespace {

TEST(LogLines, TheLastTwoThatSaySomething) {
  EXPECT_EQ(last_words("char device redirected to /dev/pts/0 (label charserial0)\n"
                       "2026-01-01T10:00:00.123456Z qemu-system-x86_64: first\n"
                       "2026-01-01T10:00:00.123456Z qemu-system-x86_64: Unknown section 'serial' 0\n"
                       "2026-01-01T10:00:00.123456Z qemu-system-x86_64: load of migration failed: Invalid argument\n"
                       "2026-01-01T10:00:00.123456Z qemu-system-x86_64: terminating on signal 15 from pid 7 (x)\n"),
            "Unknown section 'serial' 0; load of migration failed: Invalid argument");
}

TEST(LogLines, ALifeWithoutTroubleHasNone) {
  EXPECT_EQ(last_words(""), "");
  EXPECT_EQ(last_words("VNC server running on 127.0.0.1:5900\n\n  \n"), "");
}

TEST(LogLines, LinesOfOthersStayAsTheyAre) {
  EXPECT_EQ(last_words("/usr/bin/fake: no such option"), "/usr/bin/fake: no such option");
  EXPECT_EQ(last_words("T: short\n"), "T: short");
}

TEST(LogLines, WhatQemuPrintsIsMadePrintable) {
  const std::string words = last_words("bad \x1b[31m\x01 line\n" + std::string(100'000, 'x'));
  EXPECT_LT(words.size(), 2'000U);
  EXPECT_EQ(words.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace sluice::qemu
