// Save, restore and console through the service: to files and to streams, with faults.

#include "io/pipe.h"
#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

class Directory {
 public:
  Directory() {
    std::string name = std::filesystem::temp_directory_path() / "sluice-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

Task<DomainRef> running(Bed& bed, std::string name) {
  auto dom = (co_await bed.call(DomainDefineXml{.xml = definition(name)})).dom;
  co_await bed.call(DomainCreate{.dom = dom});
  co_return dom;
}

Task<std::int32_t> state_of(Bed& bed, DomainRef dom) {
  co_return (co_await bed.call(DomainGetState{.dom = dom})).state;
}

Task<std::vector<io::Piece>> read_all(io::Source& source) {
  std::vector<io::Piece> all;
  for (io::Piece got = co_await source.read(); !got.is_end(); got = co_await source.read()) {
    all.push_back(std::move(got));
  }
  co_return all;
}

TEST(ServiceSave, ToAFileAndBack) {
  const Directory here;
  with_service([&](Bed& bed) -> Task<> {
    co_await bed.open();
    const auto dom = co_await running(bed, "web1");
    co_await bed.call(DomainSave{.dom = dom, .to = here.path("web1")});
    EXPECT_EQ(co_await state_of(bed, dom), 5);
    const auto image = co_await bed.call(DomainSaveImageGetXmlDesc{.file = here.path("web1")});
    EXPECT_NE(image.xml.find("<name>web1</name>"), std::string::npos);
    co_await bed.call(DomainRestoreFlags{.from = here.path("web1"), .flags = 4});
    EXPECT_EQ(co_await state_of(bed, dom), 3);  // paused, as asked
    co_await bed.call(DomainSaveFlags{.dom = dom, .to = here.path("web1"), .flags = 2});
    co_await bed.call(DomainRestore{.from = here.path("web1")});
    EXPECT_EQ(co_await state_of(bed, dom), 1);  // running, as the save said
  });
  EXPECT_EQ(here.count(), 1u);
}

TEST(ServiceSave, RefusesWhatItWillNotDo) {
  const Directory here;
  with_service([&](Bed& bed) -> Task<> {
    co_await bed.open();
    const auto dom = co_await running(bed, "web1");
    EXPECT_EQ((co_await bed.failure(DomainSave{.dom = dom, .to = "relative"})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(DomainSave{.dom = dom, .to = here.path("no/such/place")})).code,
              Code::system_error);
    EXPECT_EQ((co_await bed.failure(DomainSaveFlags{.dom = dom, .to = here.path("x"), .flags = 6})).code,
              Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(DomainSaveFlags{.dom = dom, .to = here.path("x"), .dxml = "<domain/>"})).code,
              Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(DomainRestore{.from = here.path("nothing")})).code, Code::system_error);
    EXPECT_EQ((co_await bed.failure(DomainRestore{.from = "/proc/self/status"})).code, Code::operation_failed);
    EXPECT_EQ(co_await state_of(bed, dom), 1);
    co_await bed.call(DomainDestroy{.dom = dom});
    const Error error = co_await bed.failure(DomainSave{.dom = dom, .to = here.path("x")});
    EXPECT_EQ(error.code, Code::operation_invalid);
    EXPECT_NE(error.message.find("'web1'"), std::string::npos);
  });
  EXPECT_EQ(here.count(), 0u);
}

TEST(ServiceSave, ThatFailsLeavesTheGuestAndNoFile) {
  const Directory here;
  with_service([&](Bed& bed) -> Task<> {
    co_await bed.open();
    const auto dom = co_await running(bed, "web1");
    bed.host.set_faults({.save_fails_at = 100'000, .reason = "the guest would not"});
    const Error error = co_await bed.failure(DomainSave{.dom = dom, .to = here.path("web1")});
    EXPECT_NE(error.message.find("the guest would not"), std::string::npos) << error.message;
    EXPECT_EQ(co_await state_of(bed, dom), 1);
  });
  EXPECT_EQ(here.count(), 0u);
}

TEST(ServiceJob, IsSeenAndEndedByOtherCallsOnTheSameConnection) {
  const Directory here;
  with_service([&](Bed& bed) -> Task<> {
    co_await bed.open();
    const auto dom = co_await running(bed, "web1");
    EXPECT_EQ((co_await bed.call(DomainGetJobInfo{.dom = dom})).type, 0);
    EXPECT_EQ((co_await bed.failure(DomainAbortJob{.dom = dom})).code, Code::operation_invalid);
    bed.host.set_faults({.save_hangs_at = 200'000});
    std::optional<Error> saved;
    auto save = [&]() -> Task<> { saved = co_await bed.failure(DomainSave{.dom = dom, .to = here.path("web1")}); };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(save());
      DomainGetJobInfo::Reply job;
      while (job.type == 0 || job.data_processed == 0) job = co_await bed.call(DomainGetJobInfo{.dom = dom});
      EXPECT_EQ(job.type, 2);
      EXPECT_EQ(job.data_total, job.data_processed + job.data_remaining);
      const auto stats = co_await bed.call(DomainGetJobStats{.dom = dom});
      EXPECT_EQ(stats.params.items.front().field, "operation");
      EXPECT_EQ(std::get<std::int32_t>(stats.params.items.front().value), 2);
      const Error second = co_await bed.failure(DomainSave{.dom = dom, .to = here.path("other")});
      EXPECT_EQ(second.code, Code::operation_invalid);
      EXPECT_NE(second.message.find("save"), std::string::npos) << second.message;
      co_await bed.call(DomainAbortJob{.dom = dom});
      co_await scope.join();
    };
    co_await io::scoped(inside);
    EXPECT_TRUE(saved && saved->code == Code::operation_aborted) << saved->message;
    EXPECT_EQ(co_await state_of(bed, dom), 1);
  });
  EXPECT_EQ(here.count(), 0u);
}

class ServiceStream : public testing::TestWithParam<bool> {};  // reply last
INSTANTIATE_TEST_SUITE_P(ReplyFirstAndLast, ServiceStream, testing::Bool());

TEST_P(ServiceStream, SavesAndRestores) {
  const link::OpenOptions how{.reply_last = GetParam()};
  with_service(
      [how](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        auto down = co_await bed.stream(DomainSaveStream{.dom = dom});
        std::vector<io::Piece> state = co_await read_all(down->in());
        EXPECT_EQ(co_await state_of(bed, dom), 3) << "the guest is there until the state was received";
        co_await down->finish();
        EXPECT_EQ(co_await state_of(bed, dom), 5);
        auto up = co_await bed.stream(DomainRestoreStream{}, how);
        for (io::Piece& piece : state) co_await up->out().write(std::move(piece));
        const Buffer bytes = co_await up->finish();
        const auto result = io::or_throw(xdr::decode<DomainRestoreStream::Result>(bytes));
        EXPECT_EQ(result.dom.uuid, dom.uuid);
        EXPECT_GT(result.dom.id, 0);
        EXPECT_EQ(co_await state_of(bed, dom), 1);
      },
      {.extended = true, .own_loop = true});
}

// A byte of the machine's state, wherever frames and sections begin: the end mark is 56 bytes long.
void damage_last_section(std::vector<io::Piece>& saved) {
  std::size_t from_end = 56 + 8;
  auto piece = saved.rbegin();
  for (; piece->bytes.size() < from_end; ++piece) from_end -= piece->bytes.size();
  piece->bytes.data()[piece->bytes.size() - from_end] ^= std::byte{1};
}

TEST_P(ServiceStream, RestoreThatFailsSaysWhyAndLeavesNothing) {
  const link::OpenOptions how{.reply_last = GetParam()};
  with_service(
      [how](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        auto down = co_await bed.stream(DomainSaveStream{.dom = dom});
        std::vector<io::Piece> state = co_await read_all(down->in());
        co_await down->finish();
        damage_last_section(state);
        auto up = co_await bed.stream(DomainRestoreStream{}, how);
        auto write = [&]() -> Task<> {
          for (io::Piece& piece : state) co_await up->out().write(std::move(piece));
          co_await up->finish();
        };
        const Error error = co_await failure_of(write());
        EXPECT_NE(error.message.find("checksum"), std::string::npos) << error.message;
        EXPECT_EQ(co_await state_of(bed, dom), 5);
        co_await bed.call(DomainCreate{.dom = dom});
      },
      {.extended = true, .own_loop = true});
}

TEST(ServiceStreams, RefusedBeforeTheyBeginAreErrorReplies) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = (co_await bed.call(DomainDefineXml{.xml = definition("web1")})).dom;
        const Error off = co_await failure_of(bed.stream(DomainSaveStream{.dom = dom}));
        EXPECT_EQ(off.code, Code::operation_invalid) << off.message;
        const Error odd = co_await failure_of(
            bed.stream(DomainSaveStream{.dom = dom, .params = {{{"colour", std::string("blue")}}}}));
        EXPECT_EQ(odd.code, Code::argument_unsupported);
        EXPECT_NE(odd.message.find("'colour'"), std::string::npos);
        const Error wrong =
            co_await failure_of(bed.stream(DomainSaveStream{.dom = dom, .params = {{{"level", std::string("high")}}}}));
        EXPECT_EQ(wrong.code, Code::invalid_arg);
        EXPECT_EQ((co_await failure_of(bed.stream(DomainOpenConsole{.dom = dom}))).code, Code::operation_invalid);
      },
      {.extended = true});
}

TEST(ServiceStreams, ASaveAbandonedAnywhereLetsTheGuestGoOn) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        for (int pieces = 0; pieces < 12; ++pieces) {
          auto down = co_await bed.stream(DomainSaveStream{.dom = dom});
          for (int i = 0; i < pieces; ++i) static_cast<void>(co_await down->in().read());
          down->abort({.code = Code::operation_aborted, .message = "enough"});
          co_await down->aborted();
          EXPECT_EQ(co_await state_of(bed, dom), 1) << "after " << pieces;
        }
      },
      {.extended = true, .own_loop = true});
}

TEST(ServiceStreams, AClientThatVanishesDuringASaveLeavesTheGuest) {
  io::Loops loops(2);
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        auto down = co_await bed.stream(DomainSaveStream{.dom = dom});
        static_cast<void>(co_await down->in().read());
        bed.client.close({.code = Code::ok, .message = "vanished"});
        auto machine = co_await bed.host.find(dom.uuid);
        for (auto info = co_await machine->info(); info.state != driver::RunState::running;) {
          info = co_await machine->info();
        }
      },
      {.extended = true, .own_loop = true});
}

TEST(ServiceConsole, TalksAndBelongsToOneClientAtATime) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await bed.named("test");
        auto console = co_await bed.stream(DomainOpenConsole{.dom = dom});
        const std::string line = "hello\n";
        co_await console->out().write({.bytes = Chunk::copy_of(as_bytes(line))});
        std::string heard;
        while (heard.find('\n') == std::string::npos) {
          const io::Piece got = co_await console->in().read();
          heard += as_text(got.bytes.bytes());
        }
        EXPECT_NE(heard.find("hello"), std::string::npos);
        EXPECT_NE((co_await failure_of(bed.stream(DomainOpenConsole{.dom = dom}))).code, Code::ok);
        co_await console->finish();
        for (int i = 0; i < 20; ++i) {
          auto again = co_await bed.stream(DomainOpenConsole{.dom = dom});
          if (i % 2 == 0) {
            co_await again->finish();
          } else {
            again->abort({.code = Code::operation_aborted, .message = "enough"});
            co_await again->aborted();
          }
        }
        auto last = co_await bed.stream(DomainOpenConsole{.dom = dom});
        co_await bed.call(DomainDestroy{.dom = dom});
        static_cast<void>(co_await read_all(last->in()));  // ends with the guest
        co_await last->finish();
      },
      {.default_machine = true, .own_loop = true});
}

}  // namespace
}  // namespace sluice::service
