// Streams that are weighed, from either end.

#include "link/two_links_test.h"

namespace sluice::link {
namespace {

class LinkWeights : public testing::TestWithParam<bool> {
 protected:
  Way way{.extended = GetParam()};
  Incoming* call = nullptr;  // of the stream, while it is there

  void enter(Incoming& incoming) {
    call = &incoming;
    incoming.keep(std::shared_ptr<void>(nullptr, [this](void*) { call = nullptr; }));
  }
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutTheFeature, LinkWeights, testing::Bool());

TEST_P(LinkWeights, OfADownloadAreHeededByTheDaemon) {
  Handlers handlers;
  handlers.on<Get>([this](Incoming& incoming) -> Task<Buffer> {
    enter(incoming);
    incoming.accept({});
    co_await incoming.sink().finish();
    co_return Buffer();
  });
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(links.client.weights_possible(), GetParam());
        EXPECT_EQ(call->figures().weight, 100u);
        EXPECT_TRUE(call->weigh(300));
        EXPECT_EQ(call->figures().weight, 300u);
        EXPECT_EQ(stream->weigh(200), GetParam()) << "the daemon has to be told";
        co_await settle();
        EXPECT_EQ(call->figures().weight, GetParam() ? 200u : 300u);
        static_cast<void>(co_await stream->finish());
        EXPECT_FALSE(stream->weigh(200)) << "it is over";
      },
      way);
}

TEST_P(LinkWeights, OfAnUploadAreHeededByAClientThatKnowsThem) {
  Handlers handlers;
  handlers.on<Put>([this](Incoming& incoming) -> Task<Buffer> {
    enter(incoming);
    return swallow(incoming);
  });
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        EXPECT_EQ(call->weigh(300), GetParam());
        EXPECT_EQ(call->figures().weight, GetParam() ? 300u : 100u) << "what nobody heeds is not told either";
        EXPECT_TRUE(stream->weigh(200));
        co_await settle();
        EXPECT_EQ(call->figures().weight, GetParam() ? 200u : 100u);
        static_cast<void>(co_await stream->finish());
        EXPECT_FALSE(stream->weigh(200)) << "it is over";
      },
      way);
}

}  // namespace
}  // namespace sluice::link
