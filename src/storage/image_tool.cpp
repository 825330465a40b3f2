#include "storage/image_tool.h"

#include <algorithm>
#include <iterator>

#include "io/child.h"
#include "io/descriptor.h"

namespace sluice::storage {
namespace {

constexpr rlim_t memory_max = 1024 * 1024 * 1024;
constexpr std::size_t complaint_max = 1024;  // bytes of what it says that are told

// All it says until it ends; too much is read and dropped, or it would wait for us.
io::Task<std::string> complaint(io::Source& from) {
  std::string text;
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    text += as_text(piece.bytes.bytes()).substr(0, complaint_max - text.size());
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  co_return text;
}

}  // namespace

std::string word_of(model::VolumeFormat format) { return std::string(model::word(format)); }

io::Task<> run_image_tool(const PoolDisk& disk, std::shared_ptr<const Place> place, ImageWork work) {
  const auto seconds = static_cast<rlim_t>(work.cpu_time.count());
  io::FdPair pipe = io::make_pipe();
  io::ChildOptions options{.argv = {disk.house->around.qemu_img},
                           .env = std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin"},
                           .err = pipe.second.get(),
                           .directory = place->for_children(),
                           .die_with_parent = true};
  std::ranges::move(work.arguments, std::back_inserter(options.argv));
  options.limits = {{RLIMIT_AS, {memory_max, memory_max}}, {RLIMIT_CPU, {seconds, seconds}}, {RLIMIT_CORE, {0, 0}}};
  io::Child child = co_await io::Child::start(std::move(options));
  pipe.second.reset();
  io::FdSource said(co_await asio::this_coro::executor, std::move(pipe.first), {.name = "what qemu-img says"});
  const std::string text = co_await complaint(said);
  const io::ExitStatus status = co_await child.wait();
  if (status.success()) co_return;
  const std::string why = text.empty() ? "qemu-img " + status.text() : text;
  io::fail(Code::operation_failed, work.what + ": " + why, ErrorDomain::storage);
}

}  // namespace sluice::storage
