// The tables of docs/protocol.md are what the code declares. To write them anew:
//
//   remote_test --gtest_filter=ProtocolPage.* with SLUICE_WRITE_DOCS=1 in the environment

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "remote/extension.h"
#include "remote/remote.h"

namespace sluice::remote {
namespace {

constexpr std::string_view begin_mark = "<!-- printed from the code: do not edit below -->\n";
const std::string page_path = "docs/protocol.md";

std::string_view name(Streaming stream) {
  constexpr std::array<std::string_view, 4> names{"-", "up", "down", "both"};
  return names[static_cast<std::size_t>(stream)];
}

std::string_view name(Role role) {
  constexpr std::array<std::string_view, 4> names{"none", "monitor", "operate", "admin"};
  return names[static_cast<std::size_t>(role)];
}

std::string table(std::string_view title, std::span<const Proc> procs) {
  std::ostringstream out;
  out << "\n### " << title << "\n\n| no. | procedure | stream | role |\n|--:|---|---|---|\n";
  for (const Proc& proc : procs) {
    out << "| " << proc.number << " | " << proc.name << " | " << name(proc.stream) << (proc.holes ? ", holes" : "")
        << " | " << name(proc.role) << " |\n";
  }
  return out.str();
}

std::string printed() {
  return std::string(begin_mark) + table("remote", Remote::procs) + table("extension", Extension::procs);
}

std::string contents() {
  std::ifstream in(page_path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ProtocolPage, TablesAreWhatTheCodeDeclares) {
  const std::string page = contents();
  const std::size_t mark = page.find(begin_mark);
  ASSERT_NE(mark, std::string::npos) << page_path << " has lost its mark";
  if (std::getenv("SLUICE_WRITE_DOCS") != nullptr) {
    std::ofstream(page_path) << page.substr(0, mark) << printed();
  }
  EXPECT_EQ(contents().substr(mark), printed());
}

}  // namespace
}  // namespace sluice::remote
