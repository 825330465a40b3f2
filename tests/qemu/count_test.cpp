// The guest that counts (tests/guest): what a save and a restore must not lose.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "hosting.h"
#include "io/failure.h"
#include "io/pipe.h"
#include "io/scope.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Count : public HostTest {
 protected:
  static void SetUpTestSuite() { ASSERT_EQ(std::system("tests/guest/make >/dev/null"), 0); }

  // Kernel and initramfs that only root may read, as an operator may well keep them.
  std::string guest() {
    for (const char* name : {"vmlinuz", "initramfs"}) {
      std::filesystem::copy_file(std::string("build/guest/") + name, files_ / name,
                                 std::filesystem::copy_options::overwrite_existing);
      EXPECT_EQ(::chmod((files_ / name).c_str(), 0600), 0);
    }
    std::string xml =
        tiny_guest("one", "<serial type='pty'><log file='" + files_ / "console.log" + "' append='on'/></serial>");
    xml.replace(xml.find("64</memory>"), 2, "128");
    const std::string kernel = "<kernel>" + files_ / "vmlinuz" + "</kernel><initrd>" + files_ / "initramfs" +
                               "</initrd><cmdline>console=ttyS0 quiet</cmdline>";
    xml.insert(xml.find("</os>"), kernel);
    return xml;
  }
  std::string said() const {
    std::ifstream file(files_ / "console.log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // All numbers counted so far in the whole life of the log.
  std::vector<int> counted() const {
    std::vector<int> numbers;
    std::istringstream lines(said());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("count ") && !lines.eof()) numbers.push_back(std::stoi(line.substr(6)));
    }
    return numbers;
  }
  void wait_for_count(std::size_t many) const {
    while (counted().size() < many) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  void wait_for(const std::string& text) const {
    while (said().find(text) == std::string::npos) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::shared_ptr<driver::Machine> start() {
    return hosting.run([&]() -> Task<std::shared_ptr<driver::Machine>> {
      auto machine = co_await hosting.host().define(guest());
      co_await machine->start({});
      co_return machine;
    });
  }

 private:
  io::TemporaryDirectory files_;
};

// One line of keys, then nothing.
struct Typed final : io::Source {
  explicit Typed(std::string line) : text(std::move(line)) {}
  Task<io::Piece> read() override {
    if (text.empty()) co_await forever();
    io::Piece piece{.bytes = Chunk::copy_of(as_bytes(text))};
    text.clear();
    co_return piece;
  }
  void stop(Error) noexcept override {}
  std::string text;
};

TEST_F(Count, GoesOnWithoutAGapThroughSavesRestoresAndFailures) {
  const auto machine = start();
  wait_for_count(3);
  for (int round = 1; round <= 2; ++round) {
    hosting.run([&]() -> Task<> {
      Kept broken;
      broken.fails_to_finish = true;
      driver::Job first(driver::JobKind::save);
      try {
        co_await machine->save(broken, {}, first);
      } catch (const io::Failure&) {
      }
      Kept kept;
      driver::Job second(driver::JobKind::save);
      co_await machine->save(kept, {.zstd = round == 2}, second);
      Played from(kept.bytes);
      driver::Job third(driver::JobKind::restore);
      co_await hosting.host().restore(from, {}, third);
    });
    wait_for_count(counted().size() + 3);
  }
  const std::vector<int> numbers = counted();
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], static_cast<int>(i) + 1);
  EXPECT_GE(numbers.size(), 9U);
}

TEST_F(Count, AGuestHearsItsConsoleAndItsPowerButton) {
  const auto machine = start();
  wait_for_count(2);
  Kept screen;
  hosting.run([&]() -> Task<> {
    Typed keys("hello\n");
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(machine->console(keys, screen, {}));
      while (screen.bytes.find("you said hello") == std::string::npos) {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      }
    });
    co_await machine->shutdown({.reboot = true});
  });
  while (counted().back() >= static_cast<int>(counted().size()))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(hosting.run([&] { return machine->info(); }).state, RunState::running) << "it counts from 1 again";
  hosting.run([&] { return machine->shutdown({}); });
  while (hosting.run([&] { return machine->info(); }).state != RunState::shut_off) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(hosting.run([&] { return machine->info(); }).reason, 1);
  EXPECT_EQ(hosting.told("one"), "0.0 2.0 6.1 5.0");
}

}  // namespace
}  // namespace sluice::test
