#pragma once
// ContainerSource reads a saved-state container (saved/container.h) and gives out the machine's state, verified section
// by section; what is damaged throws and is never given out.
//
//   ContainerSource container(from);
//   saved::Opening opening = co_await container.opening();  // header
//   std::string xml = co_await container.xml();             // the definition
//   co_await pump(container, hypervisor);                   // the clean end is given only after the end mark was
//   checked
//                                                           // and `from` has ended

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "driver/spliced_copy.h"
#include "io/stream.h"
#include "saved/container.h"

namespace sluice::driver {

class ContainerSource final : public io::Source {
 public:
  using Progress = std::function<void(std::uint64_t plain_bytes)>;  // told after every section with the sum so far
  explicit ContainerSource(io::Source& inner, Progress progress = {}) : inner_(inner), progress_(std::move(progress)) {}

  io::Task<saved::Opening> opening();  // in this order, each once
  io::Task<std::string> xml();
  io::Task<io::Piece> read() override;
  void stop(Error why) noexcept override { inner_.stop(std::move(why)); }
  void may_splice() override;
  std::uint64_t plain_bytes() const { return plain_bytes_; }

 private:
  using Pipes = std::deque<std::shared_ptr<io::Spliced>>;

  io::Task<saved::Item> next();
  io::Task<> feed();
  io::Task<bool> hold();
  io::Task<> keep(std::uint32_t length);
  bool verify(const Pipes& gathered);
  io::Piece next_of_section();

  io::Source& inner_;
  Progress progress_;
  saved::Reader reader_;
  Chunk bytes_;  // what was read and not yet fed: these, or a hole, or spliced bytes
  std::uint64_t hole_ = 0;
  std::shared_ptr<io::Spliced> spliced_;
  std::optional<io::SplicePool> pool_;  // sections of the machine's state may stay in the kernel
  Pipes kept_;                          // a verified section that did, in one pipe or two
  std::deque<SplicedCopy> copies_;      // of these, to be looked at
  std::deque<Chunk> section_;           // verified and not yet given out
  bool inner_ended_ = false;
  bool ended_ = false;
  std::uint64_t plain_bytes_ = 0;
};

}  // namespace sluice::driver
