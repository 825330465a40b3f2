// The streams of a service as other connections see and steer them.

#include "service/streams.h"

#include "service/fake_storage_test.h"
#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

constexpr std::uint64_t slow = 100'000;  // bytes per second

// Two clients of one service; the second one's connection lives on another loop, with the host.
template <class Body>
void with_two(Body body, Role role = Role::admin) {
  with_service(
      [body, role](Bed& bed) -> Task<> {
        co_await bed.open();
        io::Loop loop;
        auto both = [&bed, &body](Bed& other) -> Task<> {
          co_await other.open();
          co_await body(bed, other);
        };
        const BedOptions options{.role = role, .extended = true};
        co_await with_client(bed.service, bed.host, bed.clock, loop.executor(), options, both);
      },
      {.extended = true, .own_loop = true});
}

Task<DomainRef> running(Bed& bed, std::string name) {
  auto dom = (co_await bed.call(DomainDefineXml{.xml = definition(name)})).dom;
  co_await bed.call(DomainCreate{.dom = dom});
  co_return dom;
}

Task<std::int32_t> state_of(Bed& bed, DomainRef dom) {
  co_return (co_await bed.call(DomainGetState{.dom = dom})).state;
}

TypedParams bandwidth(std::uint64_t bytes_per_second) {
  TypedParams params;
  params.items.push_back({"bandwidth", bytes_per_second});
  return params;
}

Task<std::unique_ptr<link::Outgoing>> save(Bed& bed, DomainRef dom, std::uint64_t bytes_per_second) {
  DomainSaveStream fields{.dom = std::move(dom)};
  if (bytes_per_second != 0) fields.params = bandwidth(bytes_per_second);
  return bed.stream(std::move(fields));
}

Task<std::vector<io::Piece>> read_all(io::Source& source) {
  std::vector<io::Piece> all;
  for (io::Piece got = co_await source.read(); !got.is_end(); got = co_await source.read()) {
    all.push_back(std::move(got));
  }
  co_return all;
}

Task<std::vector<StreamInfo>> listed(Bed& bed) {
  auto reply = co_await bed.call(StreamList{});
  co_return std::move(reply.streams.items);
}

Task<std::vector<StreamWeighs>> weights(Bed& bed) {
  auto reply = co_await bed.call(StreamList{});
  co_return std::move(reply.weights.items);
}

// Asks until there is one stream, and it waits so.
Task<StreamInfo> until_waits(Bed& bed, StreamWait wait) {
  for (;;) {
    const std::vector<StreamInfo> streams = co_await listed(bed);
    if (streams.size() == 1 && streams[0].waits == static_cast<std::int32_t>(wait)) co_return streams[0];
  }
}

Task<> until_none(Bed& bed) {
  while (!(co_await listed(bed)).empty()) continue;
}

TEST(Streams, AreSeenFromAnotherConnection) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    EXPECT_TRUE((co_await listed(other)).empty());
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, slow);
    const StreamInfo info = co_await until_waits(other, StreamWait::rate);
    EXPECT_EQ(info.object, "web1");
    EXPECT_EQ(info.program, Extension::number);
    EXPECT_EQ(info.procedure, DomainSaveStream::proc.number);
    EXPECT_EQ(info.direction, 2);
    EXPECT_EQ(info.state, static_cast<std::int32_t>(StreamPhase::open));
    EXPECT_EQ(info.peer, "memory");
    EXPECT_EQ(info.limit, slow);
    EXPECT_GT(info.out, 0u);
    EXPECT_EQ(info.in, 0u);
    EXPECT_GT(info.held, 0u);
    EXPECT_GT(info.window, 0u);
    EXPECT_GT(info.opened_ms, 1'700'000'000'000);
    const auto own = co_await listed(bed);
    EXPECT_EQ(own.size(), 1u) << "its own connection sees it, too";
    EXPECT_EQ(own[0].id, info.id);
    EXPECT_EQ(own[0].session, info.session);
    stream->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await stream->aborted();
    co_await until_none(other);
  });
}

TEST(Streams, IdsAreNotUsedTwice) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    std::uint64_t last = 0;
    for (int i = 0; i < 3; ++i) {
      auto stream = co_await save(bed, dom, slow);
      const StreamInfo info = co_await until_waits(other, StreamWait::rate);
      EXPECT_GT(info.id, last);
      last = info.id;
      stream->abort({.code = Code::operation_aborted, .message = "enough"});
      co_await stream->aborted();
    }
  });
}

TEST(Streams, ALimitIsChangedFromAnotherConnection) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, slow);
    const StreamInfo info = co_await until_waits(other, StreamWait::rate);
    EXPECT_EQ((co_await other.call(StreamLimit{.id = info.id, .bytes_per_second = 1})).effective, limits::rate_min);
    EXPECT_EQ((co_await listed(other))[0].limit, limits::rate_min);
    EXPECT_EQ((co_await other.call(StreamLimit{.id = info.id, .bytes_per_second = 0})).effective, 0u);
    const auto state = co_await read_all(stream->in());  // with the limit it would take hours
    EXPECT_GT(state.size(), 10u);
    co_await stream->finish();
    EXPECT_EQ(co_await state_of(bed, dom), 5);
    const Error gone = co_await other.failure(StreamLimit{.id = info.id, .bytes_per_second = 1});
    EXPECT_EQ(gone.code, Code::invalid_stream);
    EXPECT_EQ(gone.message, "there is no stream " + std::to_string(info.id));
  });
}

TEST(Streams, AWeightIsChangedFromAnotherConnection) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, slow);
    const StreamInfo info = co_await until_waits(other, StreamWait::rate);
    EXPECT_TRUE((co_await weights(other)).empty()) << "the usual one is not told";
    for (const std::uint32_t weight : {1u, 1000u, 300u}) {
      co_await other.call(StreamWeight{.id = info.id, .weight = weight});
      const auto told = co_await weights(other);
      EXPECT_EQ(told, (std::vector<StreamWeighs>{{.id = info.id, .weight = weight}}));
    }
    co_await other.call(StreamWeight{.id = info.id, .weight = 100});
    EXPECT_TRUE((co_await weights(other)).empty());
    stream->weigh(500);  // its own client's wish
    while ((co_await weights(other)).empty()) continue;
    EXPECT_EQ((co_await weights(other)).at(0).weight, 500u);
    EXPECT_EQ((co_await listed(other)).at(0).limit, slow) << "and the limit stays";
    stream->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await stream->aborted();
    co_await until_none(other);
    const Error gone = co_await other.failure(StreamWeight{.id = info.id, .weight = 1});
    EXPECT_EQ(gone.code, Code::invalid_stream);
    EXPECT_EQ(gone.message, "there is no stream " + std::to_string(info.id));
  });
}

// A restore whose client is no Sluice that knows weights cannot be: it says hello. A volume's upload can.
TEST(Streams, AnUploadOfAClientWithoutWeightsIsNotWeighed) {
  FakeStorage storage;
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        auto upload = co_await bed.stream(StorageVolUpload{.vol = {.pool = "default", .name = "disk", .key = "k"}});
        auto look = [](Bed& other) -> Task<> {
          co_await other.open();
          const StreamInfo info = (co_await listed(other)).at(0);
          const Error why = co_await other.failure(StreamWeight{.id = info.id, .weight = 300});
          EXPECT_EQ(why.code, Code::operation_unsupported);
          EXPECT_EQ(why.message, "stream " + std::to_string(info.id) +
                                     " cannot be weighed: its client sends it, and knows no weights");
        };
        io::Loop loop;
        co_await with_client(bed.service, bed.host, bed.clock, loop.executor(), {.extended = true}, look);
        co_await upload->finish();
      },
      {.own_loop = true, .storage = &storage});
}

TEST(Streams, CancellingASaveTellsItsClientWhoAndWhyAndTheGuestGoesOn) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, slow);
    const StreamInfo info = co_await until_waits(other, StreamWait::rate);
    co_await other.call(StreamCancel{.id = info.id, .reason = "maintenance"});
    const Error heard = co_await failure_of(read_all(stream->in()));
    EXPECT_EQ(heard.code, Code::operation_aborted);
    EXPECT_EQ(heard.message, "cancelled by memory: maintenance");
    while (co_await state_of(bed, dom) != 1) continue;
    EXPECT_TRUE((co_await listed(other)).empty());
    EXPECT_EQ((co_await other.failure(StreamCancel{.id = info.id})).code, Code::invalid_stream);
  });
}

TEST(Streams, CancellingASaveThatNobodyReads) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, 0);
    const StreamInfo info = co_await until_waits(other, StreamWait::window);
    co_await other.call(StreamCancel{.id = info.id});
    EXPECT_EQ((co_await failure_of(read_all(stream->in()))).message, "cancelled by memory");
    while (co_await state_of(bed, dom) != 1) continue;
  });
}

TEST(Streams, CancellingASaveOfWhichAllHasCome) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, 0);
    static_cast<void>(co_await read_all(stream->in()));
    const StreamInfo info = (co_await listed(other)).at(0);
    EXPECT_EQ(info.state, static_cast<std::int32_t>(StreamPhase::finishing));
    EXPECT_EQ(info.waits, static_cast<std::int32_t>(StreamWait::nothing));
    co_await other.call(StreamCancel{.id = info.id, .reason = "too late"});
    EXPECT_EQ((co_await failure_of(stream->finish())).message, "cancelled by memory: too late");
    while (co_await state_of(bed, dom) != 1) continue;
  });
}

TEST(Streams, CancellingARestoreLeavesNoMachine) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    const auto dom = co_await running(bed, "web1");
    auto down = co_await save(bed, dom, 0);
    std::vector<io::Piece> state = co_await read_all(down->in());
    co_await down->finish();
    auto up = co_await bed.stream(DomainRestoreStream{.params = bandwidth(slow)});
    auto write = [&]() -> Task<> {
      for (io::Piece& piece : state) co_await up->out().write(std::move(piece));
      co_await up->finish();
    };
    std::optional<Error> heard;
    auto send = [&]() -> Task<> { heard = co_await failure_of(write()); };
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(send());
      const StreamInfo info = co_await until_waits(other, StreamWait::rate);
      EXPECT_EQ(info.direction, 1);
      EXPECT_GT(info.in, 0u);
      EXPECT_EQ(info.out, 0u);
      co_await other.call(StreamCancel{.id = info.id, .reason = "maintenance"});
      co_await scope.join();
    };
    co_await io::scoped(body);
    EXPECT_EQ(heard->message, "cancelled by memory: maintenance");
    while (co_await state_of(bed, dom) != 5) continue;
  });
}

TEST(Streams, ARestoreTakesTheNameThatItsClientGives) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    auto up = co_await bed.stream(DomainRestoreStream{.xml = definition("web7")});
    EXPECT_EQ((co_await listed(other)).at(0).object, "web7");
    const Error odd =
        co_await failure_of(bed.stream(DomainRestoreStream{.params = {{{"colour", std::string("blue")}}}}));
    EXPECT_EQ(odd.code, Code::argument_unsupported);
    EXPECT_NE(odd.message.find("'colour'"), std::string::npos) << odd.message;
  });
}

TEST(Streams, OfOthersAreNotThereForWhoIsNoAdministrator) {
  with_two(
      [](Bed& bed, Bed& other) -> Task<> {
        const auto dom = co_await running(bed, "web1");
        auto stream = co_await save(bed, dom, slow);
        const StreamInfo info = co_await until_waits(bed, StreamWait::rate);
        EXPECT_TRUE((co_await listed(other)).empty());
        const Error cancel = co_await other.failure(StreamCancel{.id = info.id});
        EXPECT_EQ(cancel.code, Code::invalid_stream);
        EXPECT_EQ(cancel.message, "there is no stream " + std::to_string(info.id));
        EXPECT_EQ((co_await other.failure(StreamLimit{.id = info.id})).code, Code::invalid_stream);
        EXPECT_EQ((co_await other.failure(StreamWeight{.id = info.id})).code, Code::invalid_stream);
        EXPECT_EQ((co_await listed(bed)).at(0).limit, slow);
        // His own he sees and steers.
        auto own = co_await other.stream(DomainRestoreStream{});
        const auto seen = co_await listed(other);
        EXPECT_EQ(seen.size(), 1u);
        EXPECT_NE(seen.at(0).session, info.session);
        EXPECT_EQ((co_await other.call(StreamLimit{.id = seen.at(0).id, .bytes_per_second = 5000})).effective, 5000u);
        co_await other.call(StreamCancel{.id = seen.at(0).id, .reason = "changed my mind"});
        EXPECT_EQ((co_await failure_of(own->finish())).message, "cancelled by memory: changed my mind");
        EXPECT_EQ((co_await listed(bed)).size(), 1u) << "an administrator sees all, and one of them is left";
      },
      Role::operate);
}

TEST(Streams, AreNotSteeredByWhoMayOnlyLook) {
  with_two(
      [](Bed&, Bed& other) -> Task<> {
        EXPECT_TRUE((co_await listed(other)).empty());
        EXPECT_EQ((co_await other.failure(StreamCancel{.id = 1})).code, Code::operation_denied);
        EXPECT_EQ((co_await other.failure(StreamLimit{.id = 1})).code, Code::operation_denied);
        EXPECT_EQ((co_await other.failure(StreamWeight{.id = 1})).code, Code::operation_denied);
        co_await other.call(StreamWatch{});
        co_await other.call(StreamUnwatch{});
      },
      Role::monitor);
}

TEST(Streams, OddWishesAreRefused) {
  with_two([](Bed& bed, Bed&) -> Task<> {
    EXPECT_EQ((co_await bed.failure(StreamList{.flags = 1})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StreamWatch{.interval_ms = 99})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StreamCancel{.id = 1, .reason = std::string(1025, 'x')})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StreamCancel{.id = 1})).code, Code::invalid_stream);
    EXPECT_EQ((co_await bed.failure(StreamWeight{.id = 1})).code, Code::invalid_stream);
    for (const std::uint32_t weight : {0u, 1001u, UINT32_MAX}) {
      const Error odd = co_await bed.failure(StreamWeight{.id = 1, .weight = weight});
      EXPECT_EQ(odd.code, Code::invalid_arg);
      EXPECT_EQ(odd.message, "a weight is 1 to 1000, not " + std::to_string(weight));
    }
  });
}

TEST(Streams, AreForWhoSaidHello) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    EXPECT_EQ((co_await bed.failure(StreamList{})).code, Code::operation_invalid);
  });
}

TEST(Streams, AHundredOpenAndCloseWhileOthersLook) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    int open = 0;
    std::size_t most = 0;
    auto one = [&](int number) -> Task<> {
      auto stream = co_await bed.stream(DomainRestoreStream{});
      ++open;
      if (number % 2 == 0) co_await bed.until([&] { return most >= 2; });
      stream->abort({.code = Code::operation_aborted, .message = "enough"});
      co_await stream->aborted();
    };
    auto body = [&](io::Scope& scope) -> Task<> {
      for (int i = 0; i < 100; ++i) scope.spawn(one(i));
      while (most < 2 || open < 100) {
        const auto streams = co_await listed(other);
        most = std::max(most, streams.size());
        for (const StreamInfo& info : streams) {
          const auto answer =
              co_await failure_of(other.call(StreamLimit{.id = info.id, .bytes_per_second = 1'000'000}));
          EXPECT_TRUE(answer.code == Code::ok || answer.code == Code::invalid_stream) << answer.message;
        }
      }
      co_await scope.join();
    };
    co_await io::scoped(body);
    co_await until_none(other);
  });
}

// --- watching
// ---------------------------------------------------------------------------------------------------------

TEST(StreamWatch, ReportsWhatChangesAndWhatIsOver) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    co_await other.call(StreamWatch{.interval_ms = 100});
    co_await other.until([&] { return !other.reports.empty(); });
    EXPECT_TRUE(other.reports[0].streams.items.empty()) << "nothing flows, and that is said";
    const auto dom = co_await running(bed, "web1");
    auto stream = co_await save(bed, dom, slow);
    const auto reported = [&](StreamPhase phase) {
      for (const StreamReport& report : other.reports) {
        for (const StreamInfo& info : report.streams.items) {
          if (info.object == "web1" && info.state == static_cast<std::int32_t>(phase)) return true;
        }
      }
      return false;
    };
    co_await other.until([&] { return reported(StreamPhase::open); });
    stream->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await stream->aborted();
    co_await other.until([&] { return reported(StreamPhase::over); });
    EXPECT_TRUE(bed.reports.empty()) << "who does not watch hears nothing";
  });
}

TEST(StreamWatch, ReportsAWeight) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    co_await other.call(StreamWatch{.interval_ms = 100});
    auto idle = co_await bed.stream(DomainRestoreStream{});  // nothing else of it changes
    const std::uint64_t id = (co_await listed(other)).at(0).id;
    const auto reported = [&](std::uint32_t weight) {
      const std::vector<StreamWeighs> expected{{.id = id, .weight = weight}};
      return std::ranges::any_of(other.reports, [&](const StreamReport& one) { return one.weights.items == expected; });
    };
    co_await other.call(StreamWeight{.id = id, .weight = 300});
    co_await other.until([&] { return reported(300); });
    other.reports.clear();
    co_await other.call(StreamWeight{.id = id, .weight = 100});
    co_await other.until([&] {
      return std::ranges::any_of(other.reports, [](const StreamReport& one) { return one.weights.items.empty(); });
    });
    idle->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await idle->aborted();
  });
}

TEST(StreamWatch, BegunAgainTellsEverythingAgain) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    auto idle = co_await bed.stream(DomainRestoreStream{});  // nothing of it changes
    for (std::size_t times = 1; times <= 3; ++times) {
      co_await other.call(StreamWatch{.interval_ms = 3'600'000});
      co_await other.until([&] { return other.reports.size() == times; });
      EXPECT_EQ(other.reports.back().streams.items.size(), 1u);
    }
    co_await other.call(StreamUnwatch{});
    co_await other.call(StreamUnwatch{});
    idle->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await idle->aborted();
    EXPECT_EQ(other.reports.size(), 3u);
  });
}

TEST(StreamWatch, BegunAgainTellsWhatHasEndedMeanwhile) {
  with_two([](Bed& bed, Bed& other) -> Task<> {
    auto idle = co_await bed.stream(DomainRestoreStream{});
    co_await other.call(StreamWatch{.interval_ms = 3'600'000});
    co_await other.until([&] { return other.reports.size() == 1; });
    idle->abort({.code = Code::operation_aborted, .message = "enough"});
    co_await idle->aborted();
    while (!(co_await listed(other)).empty()) continue;
    co_await other.call(StreamWatch{.interval_ms = 3'600'000});
    co_await other.until([&] { return other.reports.size() == 2; });
    const auto& told = other.reports.back().streams.items;
    EXPECT_TRUE(told.size() == 1 && told[0].state == static_cast<std::int32_t>(StreamPhase::over));
  });
}

TEST(StreamWatch, AWatcherThatGoesAwayDisturbsNobody) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        auto stream = co_await save(bed, dom, slow);
        io::Loop loop;
        for (int i = 0; i < 20; ++i) {
          auto watch_and_leave = [i](Bed& other) -> Task<> {
            co_await other.open();
            co_await other.call(StreamWatch{.interval_ms = 100});
            if (i % 2 == 0) co_await other.until([&] { return !other.reports.empty(); });
          };
          co_await with_client(bed.service, bed.host, bed.clock, loop.executor(), {.extended = true}, watch_and_leave);
        }
        EXPECT_EQ((co_await listed(bed)).size(), 1u);
        const std::uint64_t id = (co_await listed(bed)).at(0).id;
        EXPECT_EQ((co_await bed.call(StreamLimit{.id = id})).effective, 0u);
        static_cast<void>(co_await read_all(stream->in()));
        co_await stream->finish();
      },
      {.extended = true, .own_loop = true});
}

}  // namespace
}  // namespace sluice::service
