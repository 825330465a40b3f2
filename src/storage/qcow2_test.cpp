#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

using Qcow2 = StorageBed;

TEST_F(Qcow2, AnImageHasTheCapacityOfItsHeader) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 10'000'384, qcow2()));
    const driver::VolumeInfo info = co_await volume->info();
    EXPECT_EQ(info.capacity, 10'000'384U);
    EXPECT_LT(info.physical, 1'000'000U);
    EXPECT_NE((co_await volume->xml()).find("qcow2"), std::string::npos);
    co_await volume->resize(20'000'256, {});
    EXPECT_EQ((co_await volume->info()).capacity, 20'000'256U);
    EXPECT_EQ((co_await failure_of(volume->resize(1'048'576, {}))).code, Code::operation_invalid);
    co_await volume->resize(1'048'576, {.shrink = true});
    EXPECT_EQ((co_await volume->info()).capacity, 1'048'576U);
    const Error why = co_await failure_of(volume->wipe());
    EXPECT_EQ(why.message, "cannot wipe volume 'a' of storage pool 'p': its format is qcow2, not raw");
  });
  EXPECT_EQ(files(), Names{"a"});
}

TEST_F(Qcow2, AnImageKnowsItsBackingFile) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto base = co_await pool.create(volume_xml("base", 4'194'304, qcow2()));
    const std::string backing =
        "<backingStore><path>" + base->path() + "</path><format type='qcow2'/></backingStore>" + qcow2();
    const auto overlay = co_await pool.create(volume_xml("overlay", 8'388'608, backing));
    const std::string xml = co_await overlay->xml();
    EXPECT_NE(xml.find("<backingStore>"), std::string::npos) << xml;
    EXPECT_NE(xml.find(base->path()), std::string::npos) << xml;
    EXPECT_EQ((co_await overlay->info()).capacity, 8'388'608U);
  });
}

TEST_F(Qcow2, WhatQemuImgRefusesIsToldAndLeavesNothing) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(pool.create(volume_xml("a", std::uint64_t{1} << 62, qcow2())));
    EXPECT_TRUE(why.message.starts_with("cannot create volume 'a' of storage pool 'p': ")) << why.message;
    EXPECT_EQ(why.code, Code::operation_failed);
  });
  EXPECT_EQ(files(), Names{});
}

// With the daemon's rights qemu-img could read any file of this host into the clone.
TEST_F(Qcow2, AnImageThatNamesOtherFilesIsNotCloned) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const std::string backing = "<backingStore><path>/etc/shadow</path><format type='raw'/></backingStore>" + qcow2();
    const auto overlay = co_await pool.create(volume_xml("overlay", 1'048'576, backing));
    Error why = co_await failure_of(pool.create_from(volume_xml("copy", 0), *overlay));
    EXPECT_EQ(why.message,
              "cannot create volume 'copy' of storage pool 'p': '" + overlay->path() + "' has a backing store");
    const auto image = co_await pool.create(volume_xml("image", 1'048'576, qcow2()));
    std::string bytes = content(image->path());
    bytes[79] = static_cast<char>(bytes[79] | 4);  // the feature bit of an external data file
    write_file(image->path(), bytes);
    why = co_await failure_of(pool.create_from(volume_xml("copy", 0), *image));
    EXPECT_NE(why.message.find("lie in another file"), std::string::npos) << why.message;
    why = co_await failure_of(image->resize(2'097'152, {}));
    EXPECT_NE(why.message.find("lie in another file"), std::string::npos) << why.message;
  });
  EXPECT_EQ(files(), (Names{"image", "overlay"}));
}

TEST_F(Qcow2, AnImageGrowsWithWhatIsUploadedIntoIt) {
  const std::string text = "QFI\xfb" + pattern(3'000'000);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 1'048'576, qcow2()));
    Pieces from;
    from.pieces.push_back(piece_of(text));
    driver::Job job(driver::JobKind::upload);
    co_await volume->upload({}, from, job);
    EXPECT_EQ(job.progress().processed, text.size());
    EXPECT_EQ(job.progress().total, 0U) << "what it may grow to is no total";
    EXPECT_EQ((co_await volume->info()).physical, text.size());
  });
  EXPECT_TRUE(content(path_ + "/a") == text);
}

TEST_F(Qcow2, ACloneMayHaveAnotherFormatAndIsTheSameDisk) {
  const std::string text = pattern(3'000'320);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto raw = co_await pool.create(volume_xml("raw", 3'000'320));
    write_file(raw->path(), text);
    const auto image = co_await pool.create_from(volume_xml("image", 5'000'192, qcow2()), *raw);
    EXPECT_EQ((co_await image->info()).capacity, 5'000'192U);
    const auto back = co_await pool.create_from(volume_xml("back", 0), *image);
    EXPECT_TRUE(content(back->path()) == text + std::string(5'000'192 - text.size(), '\0'));
  });
  EXPECT_EQ(files(), (Names{"back", "image", "raw"}));
}

TEST_F(Qcow2, ANameWithAColonIsAFile) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("nbd:localhost:1", 1'048'576, qcow2()));
    co_await volume->resize(2'097'152, {});
    EXPECT_EQ((co_await volume->info()).capacity, 2'097'152U);
  });
}

TEST_F(Qcow2, ADamagedImageIsStillAVolume) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 1'048'576, qcow2()));
    write_file(path_ + "/a", "QFI\xfb" + std::string(400, '\xff'));
    EXPECT_EQ((co_await volume->info()).capacity, ~std::uint64_t{0});
    EXPECT_EQ((co_await volume->xml()).find("backingStore"), std::string::npos);
    co_await failure_of(pool.create_from(volume_xml("b", 0), *volume));
    co_await volume->remove();
  });
  EXPECT_EQ(files(), Names{});
}

}  // namespace
}  // namespace sluice::storage
