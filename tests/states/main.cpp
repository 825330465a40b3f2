// Prints every table of states as a page of docs/states, or compares: a drawing that is not what the code does is an
// error.
//
//   states docs/states            compares
//   states --write docs/states    writes

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

#include "model/job.h"
#include "model/lifecycle.h"
#include "qmp/states.h"
#include "secure/filter_state.h"
#include "session/auth_state.h"
#include "session/call_state.h"
#include "session/keepalive.h"
#include "session/opening_state.h"
#include "session/stream_state.h"

namespace {

// Page by file name.
std::map<std::string, std::string> pages() {
  using namespace sluice;
  return {
      {"authentication.md", mermaid("Authentication by SASL, in the daemon", session::auth_table::rows)},
      {"call.md", mermaid("Call", session::call_rows)},
      {"job.md", mermaid("Job of a machine", model::job_rows)},
      {"filter.md", mermaid("Filter of a secured connection", secure::filter_table::rows)},
      {"keepalive.md", mermaid("Keepalive", session::keepalive_rows)},
      {"machine.md", mermaid("Machine", model::lifecycle_rows)},
      {"monitor.md", mermaid("Monitor connection to QEMU", qmp::rows)},
      {"opening.md", mermaid("Opening of a connection", session::opening_table::rows)},
      {"stream-client-reply-first.md",
       mermaid("Stream in the client, reply first", session::stream_tables::client_reply_first)},
      {"stream-client-reply-last.md",
       mermaid("Stream in the client, reply last", session::stream_tables::client_reply_last)},
      {"stream-daemon-reply-first.md",
       mermaid("Stream in the daemon, reply first", session::stream_tables::daemon_reply_first)},
      {"stream-daemon-reply-last.md",
       mermaid("Stream in the daemon, reply last", session::stream_tables::daemon_reply_last)},
  };
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int write(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, page] : pages()) std::ofstream(folder / name) << page;
  return 0;
}

int compare(const std::filesystem::path& folder) {
  int wrong = 0;
  const auto drawn = pages();
  for (const auto& [name, page] : drawn) {
    if (contents(folder / name) == page) continue;
    std::cerr << (folder / name).string() << " is not what the table says\n";
    ++wrong;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (drawn.contains(entry.path().filename().string())) continue;
    std::cerr << entry.path().string() << " belongs to no table\n";
    ++wrong;
  }
  if (wrong == 0) {
    std::cout << drawn.size() << " drawings are what their tables say\n";
    return 0;
  }
  std::cerr << "write them anew with: states --write " << folder.string() << "\n";
  return 1;
}

}  // namespace

int main(int count, char** words) {
  const std::string first = count > 1 ? words[1] : "";
  if (count == 3 && first == "--write") return write(words[2]);
  if (count == 2 && first != "--write") return compare(first);
  std::cerr << "usage: states [--write] FOLDER\n";
  return 2;
}
