// Bytes that pass inside the kernel, from a file through two sockets into another file, between everything else.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/file.h"
#include "io/temporary_directory.h"
#include "link/two_links_test.h"

namespace sluice::link {
namespace {

constexpr std::size_t mib = 1024 * 1024;
const Error why{.code = Code::operation_aborted, .message = "enough", .domain = ErrorDomain::streams};

void write_file(const std::string& path, std::size_t size) {
  const Chunk bytes = pattern(size);
  std::ofstream(path, std::ios::binary) << as_text(bytes.bytes());
}

bool is_pattern(const std::string& path, std::size_t size) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  const std::string text = std::move(out).str();
  const Chunk expected = pattern(size);
  return text.size() == size && text == as_text(expected.bytes());
}

// Takes what stayed in the kernel, checks it, and counts it apart from what came through memory.
struct Checked final : io::Sink {
  Task<> write(io::Piece got) override {
    const bool in_kernel = got.spliced != nullptr;
    const Chunk bytes = in_kernel ? got.spliced->read_out() : std::move(got.bytes);
    const Chunk expected = pattern(bytes.size(), spliced + copied);
    if (as_text(bytes.bytes()) != as_text(expected.bytes())) ADD_FAILURE() << "wrong bytes behind " << spliced + copied;
    (in_kernel ? spliced : copied) += bytes.size();
    co_return;
  }
  Task<> finish() override { co_return; }
  void abort(Error) noexcept override {}
  bool takes_spliced() const override { return true; }
  std::size_t spliced = 0, copied = 0;
};

class LinkSplice : public testing::TestWithParam<bool> {  // between Sluice ends, or not
 protected:
  static constexpr std::size_t size = 9 * mib + 17;
  LinkSplice() { write_file(from_, size); }

  io::TemporaryDirectory directory_;
  std::string from_ = directory_ / "from", to_ = directory_ / "to";
  io::Disk disk_;
  Handlers handlers_;
  Way way_{.extended = GetParam(), .sockets = true};
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutWindows, LinkSplice, testing::Bool());

TEST_P(LinkSplice, AFileGoesUpIntoAnotherFile) {
  handlers_.on<Echo>(echo);
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    const auto to = co_await io::open_sink(disk_, to_);
    co_return number(co_await io::pump(call.source(), *to));
  });
  auto body = [&](Links& links) -> Task<> {
    for (int round = 0; round < 3; ++round) {
      const auto from = co_await io::open_source(disk_, from_);
      auto stream = co_await links.open<Put>();
      EXPECT_EQ(co_await io::pump(*from, stream->out()), size);
      static_cast<void>(co_await stream->finish());
      EXPECT_TRUE(is_pattern(to_, size));
      EXPECT_EQ(co_await links.echo("between"), "between");
    }
  };
  with_links(handlers_, body, way_);
}

TEST_P(LinkSplice, AFileComesDownIntoAnotherFile) {
  handlers_.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    const auto from = co_await io::open_source(disk_, from_);
    co_await io::pump(*from, call.sink());
    co_return Buffer();
  });
  auto body = [&](Links& links) -> Task<> {
    const auto to = co_await io::open_sink(disk_, to_);
    auto stream = co_await links.open<Get>();
    EXPECT_EQ(co_await io::pump(stream->in(), *to), size);
    static_cast<void>(co_await stream->finish());
    EXPECT_TRUE(is_pattern(to_, size));
  };
  with_links(handlers_, body, way_);
}

TEST_P(LinkSplice, NearlyNothingIsCopiedOnTheWay) {
  Checked checked;
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_return number(co_await io::pump(call.source(), checked));
  });
  auto body = [&](Links& links) -> Task<> {
    const auto from = co_await io::open_source(disk_, from_);
    auto stream = co_await links.open<Put>();
    co_await io::pump(*from, stream->out());
    static_cast<void>(co_await stream->finish());
  };
  with_links(handlers_, body, way_);
  EXPECT_EQ(checked.spliced + checked.copied, size);
  EXPECT_LE(checked.copied, mib) << "only what came before the reader said that it splices";
}

TEST_P(LinkSplice, OnlyOneEndNeedsToKnow) {
  Checked checked;
  bool reader_splices = false;
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    if (!reader_splices) co_return number(co_await read_pattern(call.source()));
    co_return number(co_await io::pump(call.source(), checked));
  });
  auto body = [&](Links& links) -> Task<> {
    {
      const auto from = co_await io::open_source(disk_, from_);
      auto stream = co_await links.open<Put>();
      EXPECT_EQ(co_await io::pump(*from, stream->out()), size);
      static_cast<void>(co_await stream->finish());
    }
    reader_splices = true;
    auto stream = co_await links.open<Put>();
    for (std::size_t done = 0; done < size; done += 100'003) {
      co_await stream->out().write(piece(std::min<std::size_t>(100'003, size - done), done));
    }
    co_await stream->out().finish();
    static_cast<void>(co_await stream->finish());
  };
  with_links(handlers_, body, way_);
  EXPECT_EQ(checked.spliced + checked.copied, size);
  EXPECT_GT(checked.spliced, size / 2);
}

TEST_P(LinkSplice, CallsAndOtherStreamsGoOnMeanwhile) {
  handlers_.on<Echo>(echo);
  handlers_.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    for (std::size_t done = 0; done < 3 * mib; done += 65'536) co_await call.sink().write(piece(65'536, done));
    co_return Buffer();
  });
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    const auto to = co_await io::open_sink(disk_, to_);
    co_return number(co_await io::pump(call.source(), *to));
  });
  bool sent = false;
  auto body = [&](Links& links) -> Task<> {
    auto send = [&]() -> Task<> {
      const auto from = co_await io::open_source(disk_, from_);
      auto stream = co_await links.open<Put>();
      co_await io::pump(*from, stream->out());
      static_cast<void>(co_await stream->finish());
      sent = true;
    };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(send());
      while (!sent) {
        const std::string text(100'000, 'x');  // a control frame longer than any buffer of the link
        EXPECT_EQ(co_await links.echo(text), text);
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(stream->in()), 3 * mib);
        static_cast<void>(co_await stream->finish());
      }
      co_await scope.join();
    };
    co_await io::scoped(inside);
    EXPECT_TRUE(is_pattern(to_, size));
  };
  with_links(handlers_, body, way_);
}

TEST_P(LinkSplice, AnAbortAnywhereLeavesTheConnectionAsGoodAsNew) {
  handlers_.on<Echo>(echo);
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    const auto to = co_await io::open_sink(disk_, to_);
    co_return number(co_await io::pump(call.source(), *to));
  });
  auto body = [&](Links& links) -> Task<> {
    for (int at = 0; at < 9; ++at) {
      const auto from = co_await io::open_source(disk_, from_);
      from->may_splice();
      auto stream = co_await links.open<Put>();
      for (int i = 0; i < at; ++i) co_await stream->out().write(co_await from->read());
      if (at % 3 == 1) co_await settle(at);
      stream->abort(why);
      co_await stream->aborted();
      EXPECT_EQ(handlers_.under_way, 0);
      EXPECT_EQ(co_await links.echo("next"), "next");
      EXPECT_FALSE(std::filesystem::exists(to_));
    }
  };
  with_links(handlers_, body, way_);
}

TEST_P(LinkSplice, AReaderThatGivesUpStopsTheSender) {
  handlers_.on<Echo>(echo);
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    call.source().may_splice();
    for (int i = 0; i < 3; ++i) static_cast<void>(co_await call.source().read());
    io::fail(Code::system_error, "disk full");
  });
  auto body = [&](Links& links) -> Task<> {
    for (int round = 0; round < 5; ++round) {
      const auto from = co_await io::open_source(disk_, from_);
      auto stream = co_await links.open<Put>();
      const Error error = co_await failure_of(io::pump(*from, stream->out()));
      EXPECT_EQ(error.message, "disk full");
      EXPECT_EQ(co_await links.echo("next"), "next");
    }
  };
  with_links(handlers_, body, way_);
}

TEST_P(LinkSplice, AReaderThatWaitsHoldsNoMoreThanTheWindow) {
  std::size_t sent = 0;
  bool go_on = false;
  Checked checked;
  handlers_.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    call.source().may_splice();
    while (!go_on) co_await settle(1);
    co_return number(co_await io::pump(call.source(), checked));
  });
  auto body = [&](Links& links) -> Task<> {
    write_file(from_, 40 * mib);
    const auto from = co_await io::open_source(disk_, from_);
    from->may_splice();
    auto stream = co_await links.open<Put>();
    auto send = [&]() -> Task<> {
      for (io::Piece next = co_await from->read(); !next.is_end(); next = co_await from->read()) {
        const std::size_t length = next.length();
        co_await stream->out().write(std::move(next));
        sent += length;
      }
      co_await stream->out().finish();
    };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(send());
      for (std::size_t before = SIZE_MAX; before != sent;) {
        before = sent;
        for (int i = 0; i < 20; ++i) {
          auto nothing = [] { return true; };
          co_await disk_.run(nothing);  // the file is read on the disk's threads
          co_await settle();
        }
      }
      EXPECT_LT(sent, 20 * mib);
      go_on = true;
      co_await scope.join();
    };
    co_await io::scoped(inside);
    static_cast<void>(co_await stream->finish());
  };
  with_links(handlers_, body, way_);
  EXPECT_EQ(checked.spliced + checked.copied, 40 * mib);
}

}  // namespace
}  // namespace sluice::link
