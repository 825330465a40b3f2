#include "storage/file_facts.h"

#include <unistd.h>

#include <array>
#include <limits>
#include <optional>

#include "io/failure.h"
#include "model/qcow2_header.h"
#include "storage/place.h"

namespace sluice::storage {
namespace {

// As many bytes as there are; fewer at the end of the file.
std::size_t read_at(const io::Fd& file, MutableBytes into, std::uint64_t offset, const std::string& path) {
  std::size_t taken = 0;
  while (taken < into.size()) {
    const auto at = static_cast<off_t>(offset + taken);
    const ssize_t count = ::pread(file.get(), into.data() + taken, into.size() - taken, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) io::fail_with_errno("cannot read '" + path + "'");
    if (count == 0) break;
    taken += static_cast<std::size_t>(count);
  }
  return taken;
}

std::optional<model::BackingStore> backing_of(const io::Fd& file, const model::Qcow2Header& header,
                                              const std::string& path) {
  if (header.backing_size == 0) return std::nullopt;
  if (header.backing_offset > std::numeric_limits<off_t>::max() - header.backing_size) return std::nullopt;
  std::string name(header.backing_size, '\0');
  const MutableBytes into(reinterpret_cast<std::byte*>(name.data()), name.size());
  if (read_at(file, into, header.backing_offset, path) < name.size()) return std::nullopt;
  return model::BackingStore{.path = std::move(name), .format = header.backing_format};
}

std::optional<model::Qcow2Header> header_of(const io::Fd& file, const std::string& path) {
  std::array<std::byte, model::qcow2_head> head{};
  const std::size_t taken = read_at(file, head, 0, path);
  return model::parse_qcow2(Bytes(head).first(taken));
}

}  // namespace

void refuse_foreign_files(const io::Fd& file, const std::string& path, const std::string& what, Backing backing) {
  const auto header = header_of(file, path);
  if (!header) return;
  if (header->external_data) {
    io::fail(Code::operation_unsupported, what + ": the data of '" + path + "' lie in another file",
             ErrorDomain::storage);
  }
  if (header->backing_size > 0 && backing == Backing::refused) {
    io::fail(Code::operation_unsupported, what + ": '" + path + "' has a backing store", ErrorDomain::storage);
  }
}

model::VolumeFacts facts_of(const io::Fd& file, const Place& place, const std::string& name) {
  const std::string path = place.path_of(name);
  const struct stat status = status_of(file, path);
  const auto length = static_cast<std::uint64_t>(status.st_size);
  model::VolumeFacts facts{.name = name, .key = path, .path = path, .capacity = length, .physical = length};
  facts.allocation = static_cast<std::uint64_t>(status.st_blocks) * 512;
  facts.permissions = {.mode = status.st_mode & 07777U, .owner = status.st_uid, .group = status.st_gid};
  if (const auto qcow2 = header_of(file, path)) {
    facts.format = model::VolumeFormat::qcow2;
    facts.capacity = qcow2->capacity;
    facts.backing = backing_of(file, *qcow2, path);
  }
  return facts;
}

}  // namespace sluice::storage
