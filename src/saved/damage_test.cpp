// What is damaged, cut, mixed or foreign is refused with a sentence that says where, and nothing after the damage is
// given out.

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>

#include "saved/container.h"
#include "saved/container_samples.h"
#include "saved/layout.h"

namespace sluice::saved {
namespace {

using samples::joined;
using samples::parts;
using samples::read_back;

// A section with a right checksum, whatever else is wrong with it.
Buffer forged(std::uint64_t id, SectionHead head, std::string_view stored) {
  auto bytes = encode_section_head(head);
  set_hash(bytes, section_hash(bytes, id, as_bytes(stored)));
  Buffer out(bytes.begin(), bytes.end());
  samples::append(out, as_bytes(stored));
  return out;
}
Kind kind_of(std::string_view four) { return static_cast<Kind>(load_big<std::uint32_t>(as_bytes(four).data())); }
std::uint64_t id_of(const Buffer& header) { return load_big<std::uint64_t>(&header[56]); }

// The error for a container whose section 1 is `section`.
std::string refusal_of(SectionHead head, std::string_view stored) {
  auto all = parts({"state"});
  all[2] = forged(id_of(all[0]), head, stored);
  return read_back(joined(all)).error;
}

TEST(Damage, EveryFlippedBitIsRefused) {
  for (const auto compression : {Compression::none, Compression::zstd}) {
    const Buffer good = joined(parts({"one", std::string(300, 'z')}, compression));
    const auto story = read_back(good).story;
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        Buffer bad = good;
        bad[at] ^= std::byte{1} << bit;
        const auto outcome = read_back(bad);
        ASSERT_NE(outcome.error, "") << "byte " << at << " bit " << bit;
        ASSERT_TRUE(story.starts_with(outcome.story)) << "byte " << at << " bit " << bit;
      }
    }
  }
}

TEST(Damage, EveryTruncationIsRefusedAndSaysWhere) {
  const auto all = parts({"one", "two"});
  const Buffer good = joined(all);
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto outcome = read_back(Bytes(good).first(length));
    ASSERT_NE(outcome.error, "") << length;
    ASSERT_EQ(outcome.story.find("end"), std::string::npos);
  }
  const auto cut_at = [&](std::size_t length) { return read_back(Bytes(good).first(length)).error; };
  const std::size_t second = all[0].size() + all[1].size();
  EXPECT_EQ(cut_at(0), "not a Sluice saved state: it is empty");
  EXPECT_EQ(cut_at(20), "cut off in the header at byte 20");
  EXPECT_EQ(cut_at(second), "cut off before section 1 at byte 105: the end mark is missing");
  EXPECT_EQ(cut_at(second + 3), "cut off in section 1 at byte 105: the file ends at byte 108");
  EXPECT_EQ(cut_at(second + 33), "cut off in section 1 at byte 105: the file ends at byte 138");
}

TEST(Damage, BytesBehindTheEndAreRefused) {
  Buffer bytes = joined(parts({"one"}));
  const std::size_t good = bytes.size();
  for (const std::size_t extra : {std::size_t{1}, std::size_t{2}, std::size_t{1000}}) {
    bytes.resize(good + extra);
    for (const std::size_t step : {std::size_t{1}, good, SIZE_MAX}) {
      EXPECT_EQ(read_back(bytes, step).error, "bytes follow the end mark, from byte " + std::to_string(good));
    }
  }
}

TEST(Damage, AFlippedByteOfAStateNamesSectionAndOffset) {
  auto all = parts({"one", "two", "three"});
  all[3].back() ^= std::byte{1};
  const auto outcome = read_back(joined(all));
  EXPECT_EQ(outcome.error, "section 2 at byte 140: checksum differs");
  EXPECT_EQ(outcome.story.substr(outcome.story.find("xml")), "xml <domain/>\nstate one\n");
}

TEST(Damage, IsFinal) {
  auto all = parts({"one", "two"});
  all[2].back() ^= std::byte{1};
  Reader reader;
  samples::Outcome outcome;
  reader.feed(joined(all));
  EXPECT_FALSE(samples::drain(reader, outcome));
  reader.feed(joined(parts({"one"})));
  EXPECT_FALSE(samples::drain(reader, outcome));
  Chunk more = Chunk::copy_of(as_bytes("more"));
  reader.take(more);
  EXPECT_EQ(more.size(), 4U) << "a reader that failed takes nothing";
  EXPECT_EQ(reader.finish().error().message, "section 1 at byte 105: checksum differs");
}

TEST(Mixing, SectionsInAnotherOrderAreRefused) {
  auto all = parts({"one", "two"});
  std::swap(all[2], all[3]);
  EXPECT_EQ(read_back(joined(all)).error, "section 1 at byte 105: another section stands here, number 2");
}

TEST(Mixing, ADroppedSectionIsRefused) {
  for (std::size_t dropped = 0; dropped < 5; ++dropped) {
    auto all = parts({"one", "two"});
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(dropped));
    EXPECT_NE(read_back(joined(all)).error, "") << dropped;
  }
}

TEST(Mixing, ARepeatedSectionIsRefused) {
  for (std::size_t repeated = 0; repeated < 5; ++repeated) {
    auto all = parts({"one", "two"});
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(repeated), Buffer(all[repeated]));
    EXPECT_NE(read_back(joined(all)).error, "") << repeated;
  }
}

TEST(Mixing, ASectionOfAnotherFileIsRefusedThoughItsChecksumIsRightThere) {
  for (std::size_t swapped = 1; swapped < 4; ++swapped) {
    auto all = parts({"one"});
    all[swapped] = parts({"one"}, Compression::none, 2)[swapped];
    const auto outcome = read_back(joined(all));
    EXPECT_NE(outcome.error.find("checksum differs"), std::string::npos) << swapped << ": " << outcome.error;
  }
}

TEST(Mixing, AHeaderOfAnotherFileIsRefused) {
  auto all = parts({"one"});
  all[0] = parts({"one"}, Compression::none, 2)[0];
  EXPECT_EQ(read_back(joined(all)).error, "section 0 at byte 64: checksum differs");
}

TEST(Forgery, LengthsOverTheBoundAreRefusedBeforeAnythingIsReserved) {
  EXPECT_EQ(refusal_of({.kind = Kind::qemu, .ordinal = 1, .stored = 0xffffffff, .plain = 0xffffffff}, ""),
            "section 1 at byte 105: its length of 4294967295 is over the bound of 1048576");
  EXPECT_EQ(refusal_of({.kind = Kind::qemu, .ordinal = 1, .stored = 1, .plain = 1048577}, "x"),
            "section 1 at byte 105: its length of 1048577 is over the bound of 1048576");
}

TEST(Forgery, AZstdBombIsRefused) {
  const std::string zeros(std::size_t{8} << 20, '\0');
  std::string bomb(ZSTD_compressBound(zeros.size()), '\0');
  bomb.resize(ZSTD_compress(bomb.data(), bomb.size(), zeros.data(), zeros.size(), 19));
  for (const std::uint32_t promised : {1U, 1000U, section_plain_max}) {
    const SectionHead head{.kind = Kind::qemu,
                           .flags = flag_zstd,
                           .ordinal = 1,
                           .stored = static_cast<std::uint32_t>(bomb.size()),
                           .plain = promised};
    EXPECT_EQ(refusal_of(head, bomb), "section 1 at byte 105: it does not decompress to the " +
                                          std::to_string(promised) + " bytes it promises");
  }
}

TEST(Forgery, ACompressedSectionIsOneFrameOfTheLengthItPromises) {
  const std::string text(100, 'a');
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  frame.resize(ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 3));
  const auto refused = [&](const std::string& stored, std::uint32_t plain) {
    const SectionHead head{.kind = Kind::qemu,
                           .flags = flag_zstd,
                           .ordinal = 1,
                           .stored = static_cast<std::uint32_t>(stored.size()),
                           .plain = plain};
    return refusal_of(head, stored).find("does not decompress") != std::string::npos;
  };
  EXPECT_TRUE(refused(frame, 99));
  EXPECT_TRUE(refused(frame, 101));
  EXPECT_TRUE(refused(frame + frame, 200));
  EXPECT_TRUE(refused(frame + "x", 100));
  EXPECT_TRUE(refused("not a frame", 11));
}

TEST(Forgery, FormsThatTheLayoutDoesNotKnowAreRefused) {
  const auto about = [](SectionHead head, std::string_view stored, std::string_view why) {
    const std::string error = refusal_of(head, stored);
    EXPECT_NE(error.find(why), std::string::npos) << error;
  };
  about({.kind = Kind::xml, .ordinal = 1, .stored = 1, .plain = 1}, "x", "a second XML");
  about({.kind = kind_of("ABCD"), .ordinal = 1, .stored = 1, .plain = 1}, "x", "a kind of section that is not known");
  about({.kind = Kind::qemu, .flags = 2, .ordinal = 1, .stored = 1, .plain = 1}, "x", "flags that are not known here");
  about({.kind = Kind::qemu, .ordinal = 1, .stored = 1, .plain = 2}, "x", "its lengths differ");
  about({.kind = Kind::qemu, .ordinal = 1}, "", "it is empty");
  about({.kind = Kind::end, .ordinal = 1, .stored = 5, .plain = 5}, "state", "the end mark has a wrong form");
  about({.kind = Kind::end, .ordinal = 1, .stored = 24, .plain = 24}, std::string(24, '\0'),
        "the end mark does not fit what came before it");
}

TEST(Forgery, AContainerWithoutXmlIsRefused) {
  auto all = parts({});
  all[1] = forged(id_of(all[0]), {.kind = Kind::qemu, .stored = 1, .plain = 1}, "x");
  EXPECT_EQ(read_back(joined(all)).error, "section 0 at byte 64: the machine's XML is missing");
}

TEST(Later, ASectionThatMayBeSkippedIsSkippedAndCounted) {
  const Opening opening = samples::opening();
  Writer writer(opening);
  Buffer bytes = writer.header();
  const std::uint64_t id = id_of(bytes);
  samples::append(bytes, writer.xml("<domain/>"));
  const std::uint64_t xml_hash = load_big<std::uint64_t>(&bytes[file_head_size + guarded_head_size]);
  SectionHead note{.kind = kind_of("NOTE"), .flags = flag_skippable, .ordinal = 1, .stored = 4, .plain = 9};
  const Buffer note_bytes = forged(id, note, "note");
  samples::append(bytes, note_bytes);

  Hash hashes(id);
  std::array<std::byte, 8> word{};
  store_big(word.data(), xml_hash);
  hashes.add(word);
  hashes.add(Bytes(note_bytes).subspan(guarded_head_size, 8));
  std::array<std::byte, end_size> end{};
  store_big<std::uint64_t>(end.data(), 2);
  store_big<std::uint64_t>(&end[16], hashes.value());
  samples::append(bytes,
                  forged(id, {.kind = Kind::end, .ordinal = 2, .stored = end_size, .plain = end_size}, as_text(end)));
  const auto outcome = read_back(bytes);
  EXPECT_EQ(outcome.error, "");
  EXPECT_NE(outcome.story.find("xml <domain/>\nend\n"), std::string::npos);
}

TEST(Later, AnotherVersionIsNamed) {
  Buffer bytes = joined(parts({"one"}));
  bytes[11] = std::byte{2};
  EXPECT_EQ(read_back(bytes).error, "the saved state has version 2 of the container, which is not known here (only 1)");
}

TEST(Foreign, FilesAreCalledByTheirName) {
  const auto refusal = [](std::string beginning) {
    beginning.resize(std::max<std::size_t>(beginning.size(), 100), ' ');
    return read_back(as_bytes(beginning)).error;
  };
  EXPECT_EQ(refusal("LibvirtQemudSave"), "not a Sluice saved state: it is a saved state of libvirt");
  EXPECT_EQ(refusal("QEVM"), "not a Sluice saved state: it is a bare migration stream of QEMU");
  EXPECT_EQ(refusal("\x28\xb5\x2f\xfd"), "not a Sluice saved state: it is a file compressed with zstd");
  EXPECT_EQ(refusal("\x89SLC\n\x1a\n"), "not a Sluice saved state: its line ends were changed by a transfer as text");
  EXPECT_EQ(refusal("#!/bin/sh"), "not a Sluice saved state: its first bytes are those of something else");
  EXPECT_EQ(read_back(as_bytes("QEVM")).error, "not a Sluice saved state: it is a bare migration stream of QEMU");
}

}  // namespace
}  // namespace sluice::saved
