#pragma once
// ContainerSink turns a machine's state into a saved-state container (saved/container.h) on its way to another sink.
//
//   ContainerSink container(to, {.opening = {.uuid = uuid, .was_running = true, .saved_at = now}, .xml = text});
//   co_await container.begin();                          // header and definition
//   co_await pump(state, container);                     // finish writes the end mark, then finishes `to`
//
// Compression happens on the disk's threads where one was given, else here.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "driver/spliced_copy.h"
#include "io/disk.h"
#include "io/stream.h"
#include "saved/container.h"

namespace sluice::driver {

struct ContainerOptions {
  saved::Opening opening;
  std::string xml;
  bool zstd = false;
  int level = 3;
  std::function<void(std::uint64_t plain_bytes)> progress = {};  // told after every section with the sum so far
  io::Disk* disk = nullptr;                                      // compresses there
};

class ContainerSink final : public io::Sink {
 public:
  ContainerSink(io::Sink& inner, ContainerOptions options);
  io::Task<> begin();                          // once, before anything else
  io::Task<> write(io::Piece piece) override;  // state bytes in any split
  io::Task<> finish() override;                // the last section, the end mark, then the inner sink
  void abort(Error why) noexcept override { inner_.abort(std::move(why)); }
  bool takes_spliced() const override { return !options_.zstd && inner_.takes_spliced(); }
  std::uint64_t plain_bytes() const { return plain_bytes_; }

 private:
  io::Task<> section(Chunk plain);
  io::Task<> section(std::shared_ptr<io::Spliced> plain);
  bool looked_at(io::Spliced& plain);
  void done(std::size_t size);
  io::Task<> flush();
  io::Task<> send(Chunk bytes);

  io::Sink& inner_;
  ContainerOptions options_;
  std::shared_ptr<saved::Writer> writer_;  // shared with the compression under way, which a cancelled save leaves
  Chunk gathered_;                         // small pieces become one section
  std::size_t gathered_size_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::optional<SplicedCopy> copy_;  // of a spliced section, to be looked at
};

}  // namespace sluice::driver
