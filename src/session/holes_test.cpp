// Holes: where they are allowed, and what an impossible one costs.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;

const CallId upload = id_of(SparseUpload::proc, 0);
const Buffer flag_set = xdr::encode(std::uint32_t{1});
const Buffer flag_unset = xdr::encode(std::uint32_t{2});

Alone sparse_upload(const Buffer& args = flag_set) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(SparseUpload::proc, 0), args);
  daemon.session.accept(upload, {});
  daemon.said();
  daemon.told();
  return daemon;
}

TEST(Holes, StayInOrderWithData) {
  Alone client(Side::client);
  client.session.call(Sample::number, SparseUpload::proc, flag_set, {});
  client.arrives(reply(SparseUpload::proc, 0));
  client.said();
  client.ready(upload, "a");
  client.session.hole(upload, 5);
  client.session.hole(upload, 6);
  client.ready(upload, "b");
  client.session.finish(upload);
  EXPECT_EQ(client.said(),
            "STREAM sparse_upload #0 more 'a'\nHOLE sparse_upload #0 5\nHOLE sparse_upload #0 6\n"
            "STREAM sparse_upload #0 more 'b'\nSTREAM sparse_upload #0 ok\n");
  Alone daemon = sparse_upload();
  daemon.arrives(hole(SparseUpload::proc, 0), hole_of(5));
  daemon.arrives(hole(SparseUpload::proc, 0), hole_of(std::int64_t{1} << 40));
  EXPECT_EQ(daemon.told(), "hole sparse_upload #0 5\nhole sparse_upload #0 1099511627776\n");
}

TEST(Holes, NeedTheFlagOfTheirCall) {
  EXPECT_TRUE(sparse_upload(flag_set).session.holes_allowed(upload));
  for (const Buffer& args : {flag_unset, Buffer(), Buffer(3)}) {
    Alone daemon = sparse_upload(args);
    EXPECT_FALSE(daemon.session.holes_allowed(upload));
    daemon.arrives(hole(SparseUpload::proc, 0), hole_of(5));
    EXPECT_THAT(daemon.said(), HasSubstr("STREAM sparse_upload #0 error 39 "));
    EXPECT_THAT(daemon.told(), HasSubstr("it was not opened for holes"));
  }
}

TEST(Holes, AreAllowedEverywhereBetweenSluicesThatSaySo) {
  Alone daemon(Side::daemon);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  daemon.told();
  EXPECT_TRUE(daemon.session.holes_allowed(id_of(Upload::proc, 1)));
  daemon.arrives(hole(Upload::proc, 1), hole_of(5));
  EXPECT_EQ(daemon.told(), "hole upload #1 5\n");
}

TEST(Holes, ImpossibleOnesEndTheirStreamOnly) {
  const auto refuse = [](const Buffer& payload) {
    Alone daemon = sparse_upload();
    daemon.arrives(hole(SparseUpload::proc, 0), payload);
    EXPECT_THAT(daemon.said(), HasSubstr("STREAM sparse_upload #0 error 39 "));
    EXPECT_EQ(daemon.session.streams(), 0u);
    daemon.arrives(call(Plain::proc, 9));
    return daemon.told();
  };
  EXPECT_THAT(refuse(hole_of(0)), HasSubstr("a hole has the length 0"));
  EXPECT_THAT(refuse(hole_of(-5)), HasSubstr("a hole has the length -5"));
  EXPECT_THAT(refuse(hole_of(5, 1)), HasSubstr("a hole has the flags 1"));
  EXPECT_THAT(refuse(Buffer(4)), HasSubstr("a hole cannot be read"));
  EXPECT_THAT(refuse(Buffer(16)), HasSubstr("a hole cannot be read"));
  EXPECT_THAT(refuse(hole_of(5, 1)), HasSubstr("call plain #9")) << "the connection goes on";
}

TEST(Holes, WhoseSumIsLongerThanAFileCanBeEndTheirStream) {
  Alone daemon = sparse_upload();
  daemon.arrives(hole(SparseUpload::proc, 0), hole_of(INT64_MAX - 1));
  daemon.arrives(data(SparseUpload::proc, 0), "x");
  EXPECT_THAT(daemon.told(), Not(HasSubstr("failed")));
  daemon.arrives(hole(SparseUpload::proc, 0), hole_of(1));
  EXPECT_THAT(daemon.told(), HasSubstr("longer than any file can be"));
}

TEST(Holes, TheClientAbortsADownloadThatMakesImpossibleOnes) {
  Alone client(Side::client);
  client.session.call(Sample::number, Download::proc, {}, {});
  client.arrives(reply(Download::proc, 0));
  client.said();
  client.told();
  client.arrives(hole(Download::proc, 0), hole_of(5));
  EXPECT_EQ(client.said(), "STREAM download #0 error\n");
  client.arrives(data(Download::proc, 0), "late");
  client.arrives(finish(Download::proc, 0));
  EXPECT_THAT(client.told(), HasSubstr("failed download #0 error 39"));
}

TEST(Holes, InFlightAfterAnAbortAreDroppedWhateverTheySay) {
  Alone client(Side::client);
  const CallId id = client.session.call(Sample::number, SparseDownload::proc, flag_set, {});
  client.arrives(reply(SparseDownload::proc, 0));
  client.session.abort(id, error(Code::operation_aborted, "no"));
  client.told();
  client.arrives(hole(SparseDownload::proc, 0), hole_of(5));
  client.arrives(hole(SparseDownload::proc, 0), hole_of(-5));
  client.arrives(finish(SparseDownload::proc, 0));
  EXPECT_EQ(client.told(), "aborted sparse_download #0\n");
}

TEST(Holes, ARefusalByReplyAsLibvirtdSendsItIsUnderstood) {
  Alone client(Side::client);
  client.session.call(Sample::number, SparseUpload::proc, flag_set, {});
  client.arrives(reply(SparseUpload::proc, 0));
  client.told();
  client.arrives(header(Kind::reply, SparseUpload::proc, 0, Status::error), error_of(Code::internal_error, "bad hole"));
  EXPECT_EQ(client.told(), "failed sparse_upload #0 error 1 bad hole\n");
}

TEST(Holes, ForStreamsThatAreOverOrDoNotTakeDataAreDropped) {
  Alone daemon(Side::daemon);
  daemon.arrives(hole(SparseUpload::proc, 0), hole_of(5));
  daemon.arrives(call(SparseDownload::proc, 1), flag_set);
  daemon.session.accept(id_of(SparseDownload::proc, 1), {});
  daemon.said();
  daemon.told();
  daemon.arrives(hole(SparseDownload::proc, 1), hole_of(5));
  daemon.arrives(data(SparseDownload::proc, 1), "x");
  EXPECT_EQ(daemon.told() + daemon.said(), "") << "libvirtd goes on with the download too";
  EXPECT_EQ(daemon.dropped, "x");
}

}  // namespace
}  // namespace sluice::session
