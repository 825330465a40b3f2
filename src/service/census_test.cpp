// What connections count, and what is left of it when they are over.

#include "service/census.h"

#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

constexpr std::size_t up = static_cast<std::size_t>(Streaming::up);
constexpr std::size_t down = static_cast<std::size_t>(Streaming::down);

Task<Count> counted(const Service& service) {
  Count all;
  for (const auto& home : service.census().homes()) {
    auto count = [home]() -> Task<Count> { co_return home->count(); };
    all += co_await io::on(home->executor(), std::move(count));
  }
  co_return all;
}

std::uint64_t ended(const Count& count, std::size_t direction, link::Outcome outcome) {
  return count.past.streams_ended[direction][static_cast<std::size_t>(outcome)];
}

// Asks until it is so.
template <class True>
Task<Count> until(Bed& bed, True is) {
  Count count = co_await counted(bed.service);
  while (!is(count)) count = co_await counted(bed.service);
  co_return count;
}

Task<DomainRef> running(Bed& bed, std::string name) {
  auto dom = (co_await bed.call(DomainDefineXml{.xml = definition(name)})).dom;
  co_await bed.call(DomainCreate{.dom = dom});
  co_return dom;
}

Task<std::uint64_t> read_all(io::Source& source) {
  std::uint64_t bytes = 0;
  for (io::Piece got = co_await source.read(); !got.is_end(); got = co_await source.read()) bytes += got.bytes.size();
  co_return bytes;
}

TEST(Census, CountsCallsAndWhatTheyFailedWith) {
  with_service([](Bed& bed) -> Task<> {
    EXPECT_EQ((co_await bed.failure(DomainLookupByName{.name = "early"})).code, Code::internal_error);
    co_await bed.open();
    EXPECT_EQ((co_await bed.failure(DomainLookupByName{.name = "none"})).code, Code::no_domain);
    EXPECT_EQ((co_await bed.failure(DomainLookupByName{.name = "none"})).code, Code::no_domain);
    const Count count = co_await counted(bed.service);
    EXPECT_EQ(count.past.calls.at(Remote::number).well, 1u);
    EXPECT_EQ(count.past.calls.at(Remote::number).failed, 2u);
    EXPECT_EQ(count.past.errors, (std::map<Code, std::uint64_t>{{Code::no_domain, 2}}));
    EXPECT_EQ(count.past.traffic.refused_calls, 1u) << "before the opening";
    EXPECT_EQ(count.past.connections, (std::map<std::string, std::uint64_t>{{"memory", 1}}));
    EXPECT_EQ(count.present.connections.size(), 1u);
    EXPECT_FALSE(count.present.connections.begin()->first.extended);
    EXPECT_EQ(count.present.calls, 0u);
  });
}

TEST(Census, CountsAStreamWhileItIsOpenAndAfterwards) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        auto stream = co_await bed.stream(DomainSaveStream{.dom = co_await running(bed, "web1")});
        const Count open = co_await until(
            bed, [](const Count& count) { return !count.present.streams.empty() && count.present.waits[1] == 1; });
        EXPECT_EQ(open.present.streams.begin()->first.operation, "domain_save");
        EXPECT_EQ(open.present.streams.begin()->first.direction, Streaming::down);
        EXPECT_TRUE(open.present.connections.begin()->first.extended);
        EXPECT_EQ(open.past.streams_opened[down], 1u);
        EXPECT_EQ(open.past.calls.at(Extension::number).well, 1u);
        EXPECT_GT(open.past.traffic.window_stalls, 0u);
        EXPECT_GT(open.present.held, 0u);
        const std::uint64_t bytes = co_await read_all(stream->in());
        co_await stream->finish();
        const Count over = co_await until(bed, [](const Count& count) { return count.present.streams.empty(); });
        EXPECT_EQ(over.past.streams_opened[down], 1u);
        EXPECT_EQ(ended(over, down, link::Outcome::well), 1u);
        EXPECT_EQ(over.past.calls.at(Extension::number).well, 1u) << "not twice";
        EXPECT_EQ(over.past.traffic.body_bytes_out, bytes);
        EXPECT_GE(over.past.copied, bytes);
        EXPECT_EQ(over.present.held, 0u);
      },
      {.extended = true});
}

TEST(Census, TellsHowStreamsEnded) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        {
          auto stream = co_await bed.stream(DomainSaveStream{.dom = dom});
          stream->abort({.code = Code::operation_aborted, .message = "enough"});
          co_await stream->aborted();
        }
        const auto gave_up = [](const Count& c) { return ended(c, down, link::Outcome::given_up) == 1; };
        co_await until(bed, gave_up);
        {
          auto stream = co_await bed.stream(DomainSaveStream{.dom = dom});
          const auto streams = co_await bed.call(StreamList{});
          EXPECT_EQ(streams.streams.items.size(), 1u);
          co_await bed.call(StreamCancel{.id = streams.streams.items.at(0).id, .reason = "maintenance"});
          co_await failure_of(read_all(stream->in()));
        }
        const auto cancelled = [](const Count& c) { return ended(c, down, link::Outcome::cancelled) == 1; };
        co_await until(bed, cancelled);
        {
          auto stream = co_await bed.stream(DomainRestoreStream{});
          const std::string garbage(1 << 16, 'x');
          co_await failure_of(stream->out().write({.bytes = Chunk::copy_of(as_bytes(garbage))}));
          co_await failure_of(stream->finish());
        }
        const Count all = co_await until(bed, [](const Count& c) { return ended(c, up, link::Outcome::failed) == 1; });
        EXPECT_EQ(all.past.streams_opened[down], 2u);
        EXPECT_EQ(all.past.streams_opened[up], 1u);
        EXPECT_EQ(all.past.errors.at(Code::operation_aborted), 1u) << "of who was cancelled";
      },
      {.extended = true});
}

TEST(Census, ACallWhoseClientIsGoneHasNotFailed) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        const auto dom = co_await running(bed, "web1");
        bed.host.set_faults({.save_hangs_at = 0});
        io::Loop loop;
        auto other = [&](Bed& second) -> Task<> {
          co_await second.open();
          auto wait = [&]() -> Task<> {
            static_cast<void>(co_await second.failure(DomainSave{.dom = dom, .to = "/dev/null"}));
          };
          auto inside = [&](io::Scope& scope) -> Task<> {
            scope.spawn(wait());
            co_await until(bed, [](const Count& c) { return c.present.calls == 1; });
            second.client.close({.code = Code::ok, .message = "gone before the answer"});
            co_await scope.join();
          };
          co_await io::scoped(inside);
        };
        co_await with_client(bed.service, bed.host, bed.clock, loop.executor(), {}, other);
        const Count after = co_await counted(bed.service);
        EXPECT_EQ(after.past.calls.at(Remote::number).failed, 0u);
        EXPECT_EQ(after.past.calls.at(Remote::number).unanswered, 1u);
        EXPECT_TRUE(after.past.errors.empty());
        loop.stop();
      },
      {.own_loop = true});
}

TEST(Census, WhatWasCountedStaysWhenTheConnectionIsOver) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await bed.open();
        io::Loop loop;
        auto other = [&bed](Bed& second) -> Task<> {
          co_await second.open();
          auto stream = co_await second.stream(DomainSaveStream{.dom = co_await running(second, "web1")});
          co_await until(bed, [](const Count& c) { return c.past.traffic.body_bytes_out > 0; });
          EXPECT_EQ((co_await counted(bed.service)).present.connections.begin()->second, 2u);
          second.client.close({.code = Code::ok, .message = "gone in the middle"});
        };
        co_await with_client(bed.service, bed.host, bed.clock, loop.executor(), {.extended = true}, other);
        const Count after = co_await counted(bed.service);
        EXPECT_EQ(after.past.connections.at("memory"), 2u);
        EXPECT_EQ(after.present.connections.begin()->second, 1u);
        EXPECT_EQ(ended(after, down, link::Outcome::lost), 1u);
        EXPECT_GT(after.past.traffic.body_bytes_out, 0u);
        EXPECT_GT(after.past.copied, 0u);
        EXPECT_TRUE(after.present.streams.empty());
        loop.stop();
      },
      {.extended = true, .own_loop = true});
}

}  // namespace
}  // namespace sluice::service
