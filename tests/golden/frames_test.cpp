// Frames of real traffic through the frame reader and back.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "recorded.h"
#include "wire/frame_reader.h"

namespace sluice::golden {
namespace {

// One direction of one connection, as its receiver gets it.
struct Way {
  Buffer bytes;
  std::vector<const Recorded*> frames;
};

std::map<std::string, Way> ways(const std::vector<Recorded>& all) {
  std::map<std::string, Way> found;
  for (const Recorded& frame : all) {
    Way& way = found[frame.file + (frame.to_daemon ? " to the daemon" : " to the client")];
    way.bytes.insert(way.bytes.end(), frame.raw.begin(), frame.raw.end());
    way.frames.push_back(&frame);
  }
  return found;
}

// What the reader makes of the bytes when it gets `split` at a time: whole frames again.
std::vector<Buffer> through_reader(const Way& way, std::size_t split) {
  wire::FrameReader reader;
  std::vector<Buffer> out;
  Bytes left = way.bytes;
  while (!left.empty() && !reader.violation()) {
    if (reader.body_left() > 0) {
      const std::size_t count = std::min<std::size_t>({reader.body_left(), split, left.size()});
      out.back().insert(out.back().end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
      reader.body_taken(static_cast<std::uint32_t>(count));
      left = left.subspan(count);
      continue;
    }
    left = left.subspan(reader.feed(left.first(std::min(split, left.size()))));
    while (const auto frame = reader.next()) {
      out.push_back(frame->body > 0 ? wire::head(frame->header, frame->body)
                                    : wire::frame(frame->header, frame->payload));
    }
  }
  return out;
}

TEST(RecordedFrames, HaveTheHeadersOfTheirIndex) {
  for (const Recorded& frame : recorded()) {
    EXPECT_EQ(frame.raw, wire::frame(frame.header, frame.payload())) << frame.place();
  }
}

TEST(RecordedFrames, ComeOutOfTheReaderAsTheyWentInWholeOrByteByByte) {
  const std::vector<Recorded> all = recorded();
  std::size_t compared = 0;
  for (const auto& [name, way] : ways(all)) {
    for (const std::size_t split : {std::size_t{1}, std::size_t{29}, way.bytes.size()}) {
      const std::vector<Buffer> out = through_reader(way, split);
      ASSERT_EQ(way.frames.size(), out.size()) << name << ", " << split << " bytes at a time";
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_EQ(way.frames[i]->raw, out[i]) << way.frames[i]->place() << ", " << split << " bytes at a time";
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 3 * 2000u);
}

}  // namespace
}  // namespace sluice::golden
