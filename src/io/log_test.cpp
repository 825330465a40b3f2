#include "io/log.h"

#include <gtest/gtest.h>

namespace sluice::io {
namespace {

struct Lines {
  std::vector<std::string> all;
  Logger logger(LogOptions options) {
    options.times = false;
    return Logger::to(options, [this](std::string_view line) { all.emplace_back(line); });
  }
};

TEST(Log, ALineIsASentenceAndItsFacts) {
  Lines lines;
  lines.logger({}).info("machine saved", {{"machine", "web1"}, {"bytes", 4096}, {"file", "/srv/a b"}});
  EXPECT_EQ(lines.all.at(0), "info: machine saved machine=web1 bytes=4096 file=\"/srv/a b\"");
}

TEST(Log, AsJsonItIsOneObject) {
  Lines lines;
  lines.logger({.json = true}).warning("client left", {{"client", 7}, {"why", "said \"no\"\n"}});
  EXPECT_EQ(lines.all.at(0), R"({"level":"warning","message":"client left","client":7,"why":"said \"no\"\n"})");
}

TEST(Log, WhatAPeerSentCannotForgeALine) {
  Lines lines;
  lines.logger({}).info("defined", {{"machine", "x\nerror: all lost\x1b[2J"}});
  EXPECT_EQ(lines.all.at(0), R"(info: defined machine="x\nerror: all lost\u001b[2J")");
  lines.logger({}).info("not let in", {{"why", "CN=\xc2\x9b\x32J\xc2\xa9"}});
  EXPECT_EQ(lines.all.at(1), "info: not let in why=\"CN=\\u009b2J\xc2\xa9\"");
}

TEST(Log, LessImportantThanTheLevelIsNotSaid) {
  Lines lines;
  const Logger logger = lines.logger({.level = LogLevel::warning});
  logger.info("quiet");
  logger.error("loud");
  EXPECT_EQ(lines.all, std::vector<std::string>{"error: loud"});
  EXPECT_FALSE(logger.says(LogLevel::debug));
}

TEST(Log, FactsGivenOnceAreOnEveryLine) {
  Lines lines;
  const Logger logger = lines.logger({}).with({{"client", 3}});
  logger.info("called", {{"procedure", "domain_save"}});
  logger.info("left");
  EXPECT_EQ(lines.all.at(0), "info: called client=3 procedure=domain_save");
  EXPECT_EQ(lines.all.at(1), "info: left client=3");
}

TEST(Log, ASilentOneSaysNothingAtAnyLevel) { EXPECT_FALSE(Logger::silent().says(LogLevel::error)); }

TEST(Log, LevelsAreKnownByTheirWords) {
  EXPECT_EQ(log_level("warning"), LogLevel::warning);
  EXPECT_EQ(log_level("loud"), std::nullopt);
}

}  // namespace
}  // namespace sluice::io
