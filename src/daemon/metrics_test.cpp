#include "daemon/metrics.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <sstream>

#include "remote/extension.h"
#include "remote/remote.h"

namespace sluice::daemon {
namespace {

using remote::Streaming;
using testing::ContainsRegex;
using testing::HasSubstr;

// Each line is a comment, or a sample of the family whose comments stand before it.
std::set<std::string> families_of(const std::string& text) {
  const std::regex help(R"(# HELP ([a-z_]+) \S.*\.)"), type(R"(# TYPE ([a-z_]+) (counter|gauge))");
  const std::regex sample(
      R"(([a-z_]+)(\{[a-z_]+="([^"\\\n]|\\[\\"n])*"(,[a-z_]+="([^"\\\n]|\\[\\"n])*")*\})? ([0-9.e+]+))");
  std::set<std::string> families, samples;
  std::string named, kind;
  std::istringstream lines(text);
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, help)) {
      named = found[1];
      EXPECT_TRUE(families.insert(named).second) << named << " is told twice";
    } else if (std::regex_match(line, found, type)) {
      kind = found[2];
      EXPECT_EQ(found[1], named);
      EXPECT_EQ(kind == "counter", named.ends_with("_total")) << named;
    } else if (std::regex_match(line, found, sample)) {
      EXPECT_EQ(found[1], named);
      EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line << " is told twice";
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }
  EXPECT_TRUE(text.ends_with('\n'));
  return families;
}

TEST(Metrics, ADaemonThatDidNothingTellsEveryFamily) {
  const std::set<std::string> none = families_of(exposition({}));
  EXPECT_GE(none.size(), 30u);
  Metrics metrics;
  metrics.count.past.connections["unix"] = 3;
  metrics.count.past.calls[remote::Remote::number] = {.well = 5, .failed = 1};
  metrics.count.past.errors[Code::no_domain] = 1;
  metrics.count.present.connections[{.transport = "unix", .extended = true}] = 2;
  metrics.count.present.streams[{.operation = "storage_vol_upload", .direction = Streaming::up}] = 1;
  EXPECT_EQ(families_of(exposition(metrics)), none);
}

TEST(Metrics, FiguresStandWhereTheyBelong) {
  Metrics metrics;
  service::Past& past = metrics.count.past;
  past.connections["unix"] = 3;
  past.calls[remote::Remote::number] = {.well = 5, .failed = 1, .unanswered = 2};
  past.calls[7] = {.well = 1, .failed = 0};
  past.errors[Code::no_domain] = 4;
  past.streams_ended[static_cast<std::size_t>(Streaming::down)][static_cast<std::size_t>(link::Outcome::cancelled)] = 2;
  past.traffic.body_bytes_in = 1'234'567'890'123;
  past.traffic.window_stalls = 11;
  metrics.count.present.connections[{.transport = "tcp", .extended = false}] = 2;
  metrics.count.present.waits[static_cast<std::size_t>(remote::StreamWait::disk)] = 1;
  metrics.machines[1] = 6;
  metrics.machines_old = true;
  const std::string text = exposition(metrics);
  for (const std::string line : {
           "sluice_connections_total{transport=\"unix\"} 3",
           "sluice_connections{transport=\"tcp\",protocol=\"libvirt\"} 2",
           "sluice_calls_total{program=\"remote\",outcome=\"well\"} 5",
           "sluice_calls_total{program=\"remote\",outcome=\"failed\"} 1",
           "sluice_calls_total{program=\"remote\",outcome=\"unanswered\"} 2",
           "sluice_calls_total{program=\"7\",outcome=\"well\"} 1",
           "sluice_errors_total{code=\"no_domain\"} 4",
           "sluice_streams_ended_total{direction=\"down\",outcome=\"cancelled\"} 2",
           "sluice_streams_waiting{for=\"disk\"} 1",
           "sluice_stream_bytes_total{direction=\"in\"} 1234567890123",
           "sluice_window_stalls_total 11",
           "sluice_machines{state=\"running\"} 6",
           "sluice_figures_old{of=\"machines\"} 1",
       }) {
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  }
}

TEST(Metrics, LabelsAreEscaped) {
  Metrics metrics;
  metrics.count.past.connections["a\"b\\c\nd"] = 1;
  const std::string text = exposition(metrics);
  EXPECT_THAT(text, HasSubstr(R"(sluice_connections_total{transport="a\"b\\c\nd"} 1)"));
  families_of(text);
}

}  // namespace
}  // namespace sluice::daemon
