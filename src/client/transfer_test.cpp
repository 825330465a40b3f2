// Whole transfers from and to files, pipes and descriptors.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "client/play_service_test.h"
#include "io/fd.h"

namespace sluice::client {
namespace {

class Transfers : public PlayService {
 protected:
  std::string file_with(std::span<const std::byte> bytes) const {
    const std::string path = directory / "input";
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    return path;
  }
  static std::vector<std::byte> content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
  std::vector<std::string> names() const {  // but the socket's
    auto all = directory.names();
    std::erase(all, "play.sock");
    return all;
  }

  Connection connection = connect();
};

TEST_F(Transfers, AFileIsSent) {
  const auto bytes = pattern(3'000'000);
  std::uint64_t total = 0, moved = 0;
  const auto told = [&](const Progress& p) {
    total = p.total;
    moved = p.transferred;
  };
  const auto result = connection.open<Play>(Put{}).send(std::filesystem::path(file_with(bytes)), {.progress = told});
  EXPECT_EQ(result.sum, sum_of(bytes));
  EXPECT_EQ(total, bytes.size());
  EXPECT_EQ(moved, bytes.size());
}

TEST_F(Transfers, ADescriptorIsSentFromWhereItStands) {
  const auto bytes = pattern(500'000);
  const io::Fd file(::open(file_with(bytes).c_str(), O_RDONLY | O_CLOEXEC));
  ::lseek(file.get(), 100'000, SEEK_SET);
  EXPECT_EQ(connection.open<Play>(Put{}).send(Descriptor{file.get()}).bytes, 400'000U);
  EXPECT_GE(::fcntl(file.get(), F_GETFD), 0);  // it stays the application's
}

TEST_F(Transfers, APipeIsSentToItsEnd) {
  io::FdPair pipe = io::make_pipe();
  std::thread writing([&] {
    const auto bytes = pattern(300'000);
    for (std::size_t at = 0; at < bytes.size();) {
      at += static_cast<std::size_t>(::write(pipe.second.get(), bytes.data() + at, bytes.size() - at));
    }
    pipe.second.reset();
  });
  EXPECT_EQ(connection.open<Play>(Put{}).send(Descriptor{pipe.first.get()}).sum, sum_of(pattern(300'000)));
  writing.join();
}

TEST_F(Transfers, ANamedPipeWaitsForItsOtherEnd) {
  const std::string path = directory / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread reading([&] { EXPECT_EQ(content(path), pattern(1'000'000)); });
  connection.open<Play>(Get{.bytes = 1'000'000}).receive(std::filesystem::path(path));
  reading.join();
  EXPECT_EQ(names(), std::vector<std::string>{"fifo"});
}

TEST_F(Transfers, AFileIsWholeWhenItIsThere) {
  const std::string path = directory / "output";
  connection.open<Play>(Get{.bytes = 2'345'678}).receive(std::filesystem::path(path));
  EXPECT_EQ(content(path), pattern(2'345'678));
  EXPECT_EQ(names(), std::vector<std::string>{"output"});
}

TEST_F(Transfers, AFailureOfTheServerLeavesNoFile) {
  const std::string path = directory / "output";
  auto stream = connection.open<Play>(Get{.bytes = 100'000'000, .fails_after = 5'000'000});
  EXPECT_EQ(failure_of([&] { stream.receive(std::filesystem::path(path)); }).message, "the well is dry");
  EXPECT_TRUE(soon([&] { return names().empty(); }));
}

TEST_F(Transfers, AFailureLeavesTheOldFileAsItWas) {
  const std::string path = directory / "output";
  std::ofstream(path) << "precious";
  auto stream = connection.open<Play>(Get{.bytes = 100'000'000, .fails_after = 5'000'000});
  EXPECT_THROW(stream.receive(std::filesystem::path(path)), Failure);
  EXPECT_EQ(as_text(content(path)), "precious");
}

TEST_F(Transfers, AFullDiskIsNamedAndAbortsTheStream) {
  auto stream = connection.open<Play>(Get{.bytes = 1'000'000'000'000});
  const Error error = failure_of([&] { stream.receive(std::filesystem::path("/dev/full")); });
  EXPECT_NE(error.message.find("/dev/full"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("No space left"), std::string::npos) << error.message;
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST_F(Transfers, AFileThatIsNotThereIsNamed) {
  auto stream = connection.open<Play>(Put{});
  const Error error = failure_of([&] { stream.send(std::filesystem::path(directory / "absent")); });
  EXPECT_EQ(error.message, "cannot open '" + directory / "absent" + "': No such file or directory");
}

TEST_F(Transfers, ADirectoryThatIsNotThereIsNamed) {
  auto stream = connection.open<Play>(Get{.bytes = 10});
  const Error error = failure_of([&] { stream.receive(std::filesystem::path(directory / "a/b")); });
  EXPECT_NE(error.message.find(directory / "a/b"), std::string::npos) << error.message;
}

TEST_F(Transfers, ADescriptorThatIsNotOpenIsRefused) {
  auto stream = connection.open<Play>(Put{});
  EXPECT_EQ(failure_of([&] { stream.send(Descriptor{9999}); }).message,
            "cannot use descriptor 9999: Bad file descriptor");
}

TEST_F(Transfers, ARequestToStopAbortsAndLeavesNothing) {
  const std::string path = directory / "output";
  std::stop_source stop;
  auto stream = connection.open<Play>(Get{.bytes = 1'000'000'000'000});
  const TransferOptions options{.progress =
                                    [&](const Progress& p) {
                                      if (p.transferred > 1'000'000) stop.request_stop();
                                    },
                                .progress_interval = std::chrono::milliseconds(1),
                                .stop = stop.get_token()};
  const Error error = failure_of([&] { stream.receive(std::filesystem::path(path), options); });
  EXPECT_EQ(error.code, Code::operation_aborted);
  EXPECT_EQ(error.message, "interrupted");
  EXPECT_TRUE(soon([&] { return names().empty(); }));
}

TEST_F(Transfers, AStopBeforeTheBeginIsObeyed) {
  std::stop_source stop;
  stop.request_stop();
  auto stream = connection.open<Play>(Put{});
  EXPECT_EQ(failure_of([&] { stream.send(std::filesystem::path("/dev/zero"), {.stop = stop.get_token()}); }).message,
            "interrupted");
}

TEST_F(Transfers, AnEndlessFileIsStoppedByAnEarlyFailure) {
  auto stream = connection.open<Play>(Put{.fails_after = 1'000'000});
  EXPECT_EQ(failure_of([&] { stream.send(std::filesystem::path("/dev/zero")); }).message, "that is too much");
}

TEST_F(Transfers, WhatProgressThrowsAbortsAndComesOut) {
  auto stream = connection.open<Play>(Get{.bytes = 1'000'000'000'000});
  const TransferOptions options{.progress = [](const Progress&) { throw std::range_error("I have seen enough"); },
                                .progress_interval = std::chrono::milliseconds(1)};
  EXPECT_THROW(stream.receive(std::filesystem::path(directory / "output"), options), std::range_error);
  EXPECT_TRUE(soon([&] { return names().empty(); }));
}

}  // namespace
}  // namespace sluice::client
