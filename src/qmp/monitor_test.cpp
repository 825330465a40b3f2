#include "qmp/monitor.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/limits.h"

namespace sluice::qmp {
namespace {

constexpr std::string_view greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}})"
    "\r\n";
constexpr std::string_view negotiated = "{\"return\": {}, \"id\": 0}\r\n";

std::vector<Event> drain(Monitor& monitor) {
  std::vector<Event> events;
  while (auto event = monitor.next()) events.push_back(std::move(*event));
  return events;
}

std::vector<Event> told(Monitor& monitor, std::string_view text) {
  monitor.feed(as_bytes(text));
  return drain(monitor);
}

// A monitor that is ready for commands.
struct ReadyMonitor : ::testing::Test {
  ReadyMonitor() {
    told(monitor, greeting);
    static_cast<void>(monitor.to_send());
    told(monitor, negotiated);
  }
  Monitor monitor;
};
using Answers = ReadyMonitor;
using Events = ReadyMonitor;
using Nonsense = ReadyMonitor;
using Ending = ReadyMonitor;

const Broken& only_broken(const std::vector<Event>& events) {
  static const Broken none{};
  EXPECT_EQ(events.size(), 1U);
  const auto* broken = events.empty() ? nullptr : std::get_if<Broken>(&events.back());
  EXPECT_NE(broken, nullptr);
  return broken != nullptr ? *broken : none;
}

TEST(Negotiation, AGreetingIsAnsweredWithTheCapabilitiesAndThenTheMonitorIsReady) {
  Monitor monitor;
  EXPECT_TRUE(told(monitor, greeting).empty());
  EXPECT_EQ(monitor.state(), State::negotiating);
  EXPECT_EQ(monitor.to_send(), "{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
  EXPECT_EQ(monitor.to_send(), "");
  const auto events = told(monitor, negotiated);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<Ready>(events[0]).version, (Version{7, 2, 22}));
  EXPECT_EQ(monitor.state(), State::ready);
}

TEST(Negotiation, AnythingButAGreetingBreaksTheConnection) {
  for (const std::string_view first : {"{\"return\": {}}\n",
                                       R"({"error": {"class": "GenericError", "desc": "no"}})"
                                       "\n",
                                       R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"})"
                                       "\n"}) {
    Monitor monitor;
    EXPECT_NE(only_broken(told(monitor, first)).error.message.find("in state 'greeting'"), std::string::npos) << first;
  }
}

TEST(Negotiation, ARefusalBreaksTheConnectionWithItsReason) {
  Monitor monitor;
  told(monitor, greeting);
  const auto events = told(monitor, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not today\"}, \"id\": 0}\n");
  EXPECT_EQ(only_broken(events).error.message, "the monitor refused the negotiation: not today");
}

TEST(Negotiation, AnAnswerToSomethingElseBreaksTheConnection) {
  Monitor monitor;
  told(monitor, greeting);
  EXPECT_EQ(only_broken(told(monitor, "{\"return\": {}, \"id\": 5}\n")).error.message,
            "the monitor answered what nobody asked");
}

TEST_F(Answers, ACommandCarriesNameArgumentsAndId) {
  EXPECT_EQ(monitor.command("migrate", {{"uri", "fd:migrate"}, {"detach", true}}, 7),
            "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:migrate\",\"detach\":true},\"id\":7}\n");
  EXPECT_EQ(monitor.command("query-status", {}, 8), "{\"execute\":\"query-status\",\"id\":8}\n");
  EXPECT_EQ(monitor.unanswered(), 2U);
}

TEST_F(Answers, ComeWithTheIdOfTheirCommandInAnyOrder) {
  static_cast<void>(monitor.command("a", {}, 1));
  static_cast<void>(monitor.command("b", {}, 2));
  const auto events = told(monitor, "{\"return\": [2], \"id\": 2}\n{\"id\": 1, \"return\": {\"x\": 1}}\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(std::get<Answer>(events[0]).id, 2U);
  EXPECT_EQ(json::serialize(*std::get<Answer>(events[0]).result), "[2]");
  EXPECT_EQ(json::serialize(*std::get<Answer>(events[1]).result), "{\"x\":1}");
  EXPECT_EQ(monitor.unanswered(), 0U);
}

TEST_F(Answers, AnErrorNamesTheCommandAndKeepsTheConnection) {
  static_cast<void>(monitor.command("getfd", {}, 1));
  static_cast<void>(monitor.command("fly", {}, 2));
  const auto events = told(monitor,
                           "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"No file\\ndescriptor\"}}\n"
                           "{\"id\": 2, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"what\"}}\n");
  ASSERT_EQ(events.size(), 2U);
  const Error first = std::get<Answer>(events[0]).result.error();
  EXPECT_EQ(first.message, "QEMU refused 'getfd': No file descriptor");
  EXPECT_EQ(first.code, Code::operation_failed);
  EXPECT_EQ(first.domain, ErrorDomain::qemu);
  EXPECT_EQ(std::get<Answer>(events[1]).result.error().code, Code::operation_unsupported);
  EXPECT_EQ(monitor.state(), State::ready);
}

TEST_F(Answers, OneNobodyAskedForBreaksTheConnection) {
  for (const std::string_view line : {"{\"return\": {}, \"id\": 3}\n", "{\"return\": {}}\n"}) {
    Monitor other;
    told(other, greeting);
    told(other, negotiated);
    EXPECT_EQ(only_broken(told(other, line)).error.message, "the monitor answered what nobody asked");
  }
}

TEST_F(Answers, ASecondOneToTheSameCommandBreaksTheConnection) {
  static_cast<void>(monitor.command("stop", {}, 1));
  const auto events = told(monitor, "{\"return\": {}, \"id\": 1}\n{\"return\": {}, \"id\": 1}\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Broken>(events[1]));
}

TEST_F(Answers, AnErrorWithoutAnIdMeansThatACommandWasNotUnderstood) {
  EXPECT_EQ(only_broken(told(monitor, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n"))
                .error.message,
            "the monitor could not read a command: JSON parse error");
}

TEST_F(Events, CarryTheirNameDataAndTime) {
  const auto events =
      told(monitor,
           "{\"timestamp\": {\"seconds\": 17, \"microseconds\": 5}, \"event\": \"MIGRATION\", \"data\": "
           "{\"status\": \"setup\"}}\n{\"timestamp\": {\"seconds\": 18, \"microseconds\": 6}, "
           "\"event\": \"STOP\"}\n");
  ASSERT_EQ(events.size(), 2U);
  const auto& migration = std::get<Notified>(events[0]);
  EXPECT_EQ(migration.event, "MIGRATION");
  EXPECT_EQ(json::serialize(migration.data), "{\"status\":\"setup\"}");
  EXPECT_EQ(migration.seconds, 17);
  EXPECT_EQ(migration.micros, 5);
  EXPECT_TRUE(std::get<Notified>(events[1]).data.empty());
}

TEST_F(Events, ComeBetweenACommandAndItsAnswer) {
  static_cast<void>(monitor.command("stop", {}, 1));
  const auto events = told(monitor,
                           "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\n"
                           "{\"return\": {}, \"id\": 1}\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Notified>(events[0]));
  EXPECT_TRUE(std::holds_alternative<Answer>(events[1]));
}

TEST_F(Events, OneByteAtATimeIsTheSame) {
  static_cast<void>(monitor.command("stop", {}, 1));
  std::vector<Event> events;
  for (const char c : std::string_view("\r\n\n{\"return\": {}, \"id\": 1}\r\n")) {
    for (auto& event : told(monitor, {&c, 1})) events.push_back(std::move(event));
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<Answer>(events[0]).id, 1U);
}

TEST_F(Nonsense, IsRefusedWithASentenceThatShowsIt) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const auto& [line, expected] : std::vector<std::pair<std::string, std::string>>{
           {"hello", "'hello', which is not JSON"},
           {"{\"return\": {}", "which is not JSON"},
           {"[]", "'[]', which is not a message"},
           {"17", "which is not a message"},
           {"null", "which is not a message"},
           {"{}", "which is not one message"},
           {"{\"return\": {}, \"event\": \"STOP\"}", "which is not one message"},
           {"{\"QMP\": 1}", "greeting has no version"},
           {"{\"QMP\": {\"version\": {\"qemu\": {\"major\": \"7\"}}}}", "greeting has no version that is a number"},
           {"{\"return\": {}, \"id\": \"x\"}", "id that is none of ours: \"x\""},
           {"{\"return\": {}, \"id\": -1}", "id that is none of ours: -1"},
           {"{\"return\": {}, \"id\": {\"a\": []}}", "none of ours"},
           {"{\"error\": 1}", "error without class"},
           {"{\"error\": {\"class\": 1, \"desc\": 2}}", "error without class"},
           {"{\"event\": 1}", "event without a name"},
           {"{\"event\": \"STOP\"}", "event STOP has no timestamp"},
           {"{\"event\": \"STOP\", \"timestamp\": {\"seconds\": \"1\", \"microseconds\": 2}}", "has no timestamp"},
           {"{\"event\": \"STOP\", \"data\": 5}", "data of the event STOP is not an object"},
           {deep, "which is not JSON"},
           {"{\"return\": " + deep + "}", "which is not JSON"},
           {std::string("{\"return\": \"\xff\xfe\"}"), "which is not JSON"},
           {std::string("\0\0\0", 3), "which is not JSON"},
           {"[" + std::string(2'000'000, ',') + "]", "too many values"}}) {
    Monitor other;
    told(other, greeting);
    told(other, negotiated);
    const auto events = told(other, line + "\n");
    const std::string& message = only_broken(events).error.message;
    EXPECT_NE(message.find(expected), std::string::npos) << message;
    EXPECT_LT(message.size(), 1000U);
    EXPECT_EQ(message.find('\0'), std::string::npos);
  }
}

TEST_F(Nonsense, ASecondGreetingBreaksTheConnection) {
  EXPECT_NE(only_broken(told(monitor, greeting)).error.message.find("(greeting) in state 'ready'"), std::string::npos);
}

TEST_F(Nonsense, NothingComesOutAfterIt) {
  EXPECT_EQ(
      told(monitor, "hello\n{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\n").size(), 1U);
  EXPECT_TRUE(told(monitor, "more\n").empty());
  monitor.ended();
  EXPECT_FALSE(monitor.next());
  EXPECT_EQ(monitor.state(), State::closed);
}

TEST_F(Nonsense, ALineWithoutEndIsCutOffAtItsBound) {
  const std::string part(std::size_t{1} << 20, 'x');
  std::vector<Event> events;
  for (std::size_t sent = 0; sent <= limits::qmp_line_max && events.empty(); sent += part.size()) {
    events = told(monitor, part);
  }
  EXPECT_EQ(only_broken(events).error.message, "the monitor sent a line of more than 16777216 bytes");
}

TEST_F(Ending, IsAFailureUnlessItWasAskedFor) {
  monitor.ended();
  EXPECT_EQ(only_broken(drain(monitor)).error.message, "QEMU closed its monitor");
}

TEST_F(Ending, AfterQuitIsQuietAndWhatCameBeforeIsDelivered) {
  static_cast<void>(monitor.command("quit", {}, 1));
  EXPECT_EQ(monitor.state(), State::closing);
  monitor.feed(as_bytes("{\"return\": {}, \"id\": 1}\n"));
  monitor.ended();
  const auto events = drain(monitor);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<Answer>(events[0]).id, 1U);
  EXPECT_EQ(monitor.state(), State::closed);
}

TEST(EndingEarly, BeforeTheGreetingIsAFailure) {
  Monitor monitor;
  monitor.ended();
  EXPECT_EQ(only_broken(drain(monitor)).error.message, "QEMU closed its monitor");
}

TEST(MonitorDeathTest, CommandsBeforeReadyAreOurOwnMistake) {
  Monitor monitor;
  EXPECT_DEATH(static_cast<void>(monitor.command("stop", {}, 1)), "commands are sent when the monitor is ready");
}

TEST(Drawing, ShowsEveryRow) {
  const std::string page = mermaid("Monitor", rows);
  EXPECT_NE(page.find("[*] --> greeting"), std::string::npos);
  EXPECT_NE(page.find("negotiating --> ready: answer / announce ready"), std::string::npos);
  EXPECT_NE(page.find("closing --> closed: end of file\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::qmp
