#include "model/qcow2_header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace sluice::model {
namespace {

class Header {
 public:
  explicit Header(std::uint32_t version = 3) {
    put<std::uint32_t>(0, 0x514649fb).put<std::uint32_t>(4, version).put<std::uint64_t>(24, 5'000'000);
    if (version == 3) put<std::uint32_t>(100, 104);
  }
  template <class Word>
  Header& put(std::size_t at, Word word) {
    store_big<Word>(bytes_.data() + at, word);
    return *this;
  }
  Header& put_text(std::size_t at, std::string_view text) {
    std::ranges::copy(as_bytes(text), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    return *this;
  }
  Header& backed(std::uint64_t offset, std::uint32_t size) { return put(8, offset).put(16, size); }
  std::optional<Qcow2Header> parsed(std::size_t size = 512) const { return parse_qcow2(Bytes(bytes_).first(size)); }

 private:
  std::array<std::byte, 512> bytes_{};
};

TEST(Qcow2Header, WithoutTheMagicAFileIsNoImage) {
  EXPECT_FALSE(parse_qcow2({}));
  EXPECT_FALSE(parse_qcow2(as_bytes("QFI")));
  EXPECT_FALSE(parse_qcow2(as_bytes("QFI\xfa and so on")));
}

TEST(Qcow2Header, ABackingNameOfAnAbsurdLengthOrNoPlaceIsNotBelieved) {
  EXPECT_EQ(Header().backed(400, 1024).parsed()->backing_size, 0U);
  EXPECT_EQ(Header().backed(0, 10).parsed()->backing_size, 0U);
  EXPECT_EQ(Header().backed(400, 1023).parsed()->backing_size, 1023U);
}

TEST(Qcow2Header, AnImageHasItsCapacityAlsoWhenItIsCutThere) {
  EXPECT_EQ(Header().parsed()->capacity, 5'000'000U);
  EXPECT_EQ(Header().parsed(32)->capacity, 5'000'000U);
  EXPECT_EQ(Header().parsed(31)->capacity, 0U);
}

TEST(Qcow2Header, TheFormatOfTheBackingFileIsInAnExtension) {
  const auto with = [](std::uint32_t version, std::size_t at, std::string_view format) {
    Header header(version);
    header.backed(400, 5);
    header.put<std::uint32_t>(at, 0x6803f857).put<std::uint32_t>(at + 4, 3);  // another extension, padded to 8
    header.put<std::uint32_t>(at + 16, 0xe2792aca).put(at + 20, static_cast<std::uint32_t>(format.size()));
    header.put_text(at + 24, format);
    return header.parsed()->backing_format;
  };
  EXPECT_EQ(with(3, 104, "qcow2"), VolumeFormat::qcow2);
  EXPECT_EQ(with(2, 72, "qcow2"), VolumeFormat::qcow2);
  EXPECT_EQ(with(3, 104, "raw"), VolumeFormat::raw);
  EXPECT_EQ(Header().backed(400, 5).parsed()->backing_format, VolumeFormat::raw);
}

TEST(Qcow2Header, ExtensionsThatLeadNowhereEndTheSearch) {
  EXPECT_EQ(Header().backed(400, 5).put<std::uint32_t>(100, 0xffffffff).parsed()->backing_format, VolumeFormat::raw);
  Header endless;
  endless.backed(400, 5).put<std::uint32_t>(104, 7).put<std::uint32_t>(108, 0xffffffff);
  EXPECT_EQ(endless.parsed()->backing_format, VolumeFormat::raw);
}

}  // namespace
}  // namespace sluice::model
