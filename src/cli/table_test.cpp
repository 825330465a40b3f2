#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::cli {
namespace {

std::string printed(const Table& table) {
  std::ostringstream out;
  print(out, table);
  return std::move(out).str();
}

TEST(Table, ColumnsStandBelowEachOther) {
  EXPECT_EQ(printed({{"Name", "State"}, {"web1", "running"}, {"a longer one", "off"}}),
            "Name          State\nweb1          running\na longer one  off\n");
}

TEST(Table, LettersBeyondAsciiAreOneWide) {
  EXPECT_EQ(printed({{"Name", "State"}, {"m\xc3\xbcller", "off"}}), "Name    State\nm\xc3\xbcller  off\n");
}

TEST(Table, NamesDoNotCommandTheTerminal) {
  EXPECT_EQ(printed({{"Name"}, {"a\x1b[31mb\n\x7f"}}), "Name\na\\x1b[31mb\\x0a\\x7f\n");
  EXPECT_EQ(printed({{"Name"}, {"a\xc2\x9bm"}}), "Name\na\\xc2\\x9bm\n");
}

}  // namespace
}  // namespace sluice::cli
