#include "bed.h"

namespace sluice::storage_contract {

Bed::Bed() : subject_(make_subject(storage_.executor())) {}
Bed::~Bed() = default;

void Bed::TearDown() {
  EXPECT_EQ(subject_->left_behind(), "");
  streams_.stop();  // nobody holds anything of the storage any more
  storage_.stop();
  subject_.reset();
}

Task<VolumePtr> Bed::volume_with(driver::Pool& pool, std::string name, std::string text) {
  VolumePtr volume = co_await pool.create(volume_xml(name, text.size(), sparse()));
  Pieces from;
  from.pieces.push_back(piece_of(text));
  co_await upload(*volume, from);
  co_return volume;
}

Task<> Bed::upload(driver::Volume& volume, Pieces& from, driver::Range range) {
  co_await volume.upload(range, from, job_);
}

Task<std::string> Bed::content(driver::Volume& volume, driver::Range range) {
  Collected to;
  Job job(JobKind::download);
  co_await volume.download(range, to, job);
  EXPECT_TRUE(to.finished);
  co_return to.bytes;
}

Task<bool> Bed::incomplete(driver::Volume& volume) {
  const std::string xml = co_await volume.xml();
  co_return xml.find("<incomplete") != std::string::npos;
}

}  // namespace sluice::storage_contract
