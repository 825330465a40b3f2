#include <cstring>
#include <optional>

#include "base/assert.h"
#include "saved/container.h"
#include "saved/layout.h"
#include "saved/zstd_frame.h"

namespace sluice::saved {

struct Writer::Inside {
  explicit Inside(const Opening& opening)
      : head(encode_file_head(opening)), id(load_big<std::uint64_t>(&head[56])), hashes(id) {}

  // The head of the next section; what END says is counted here.
  SectionHeadBytes next_head(Kind kind, std::uint32_t flags, Bytes stored, std::size_t plain) {
    return next_head(kind, flags, stored.size(), plain, [stored] { return stored; });
  }
  SectionHeadBytes next_head(Kind kind, std::uint32_t flags, std::size_t stored, std::size_t plain, const Show& show) {
    SectionHeadBytes bytes = encode_section_head({.kind = kind,
                                                  .flags = flags,
                                                  .ordinal = sections++,
                                                  .stored = static_cast<std::uint32_t>(stored),
                                                  .plain = static_cast<std::uint32_t>(plain)});
    set_hash(bytes, hash_of(bytes, id, stored, show));
    hashes.add(Bytes(bytes).subspan(guarded_head_size));
    return bytes;
  }
  void advance(int from_phase, const char* promise) {
    ensure(phase == from_phase, promise);
    ++phase;
  }

  std::array<std::byte, file_head_size> head;
  std::uint64_t id;
  Hash hashes;
  std::optional<Compressor> compressor;
  std::uint64_t sections = 0;
  std::uint64_t plain_bytes = 0;  // of QEMU sections
  int phase = 0;                  // 0 header, 1 XML, 2 state and end, 3 over
};

Writer::Writer(const Opening& opening, Compression compression, int zstd_level)
    : inside_(std::make_unique<Inside>(opening)) {
  if (compression == Compression::zstd) inside_->compressor.emplace(zstd_level);
}
Writer::~Writer() = default;

Buffer Writer::header() {
  inside_->advance(0, "a container's header is written first and once");
  return {inside_->head.begin(), inside_->head.end()};
}

Buffer Writer::xml(std::string_view text) {
  inside_->advance(1, "a container's XML is written once, after the header");
  ensure(!text.empty() && text.size() <= xml_plain_max, "a machine's XML fits its section");
  Bytes stored = as_bytes(text);
  std::optional<Chunk> compressed;
  if (inside_->compressor) compressed = inside_->compressor->compress(stored);
  if (compressed) stored = compressed->bytes();
  const auto head = inside_->next_head(Kind::xml, compressed ? flag_zstd : 0, stored, text.size());
  Buffer out(head.begin(), head.end());
  out.insert(out.end(), stored.begin(), stored.end());
  return out;
}

std::pair<Chunk, Chunk> Writer::state(Chunk plain) {
  ensure(inside_->phase == 2, "a machine's state is written between its XML and the end");
  ensure(!plain.empty() && plain.size() <= section_plain_max, "a piece of state fits a section");
  const std::size_t plain_size = plain.size();
  inside_->plain_bytes += plain_size;
  std::uint32_t flags = 0;
  if (inside_->compressor) {
    // What does not shrink is stored as it is, so that a stored length never passes the bound of the plain one.
    if (auto compressed = inside_->compressor->compress(plain.bytes())) {
      plain = std::move(*compressed);
      flags = flag_zstd;
    }
  }
  const auto head = inside_->next_head(Kind::qemu, flags, plain.bytes(), plain_size);
  return {Chunk::copy_of(head), std::move(plain)};
}

Chunk Writer::state_head(std::size_t size, const Show& show) {
  ensure(inside_->phase == 2 && !inside_->compressor, "bytes that stay where they are are stored as they are");
  ensure(size > 0 && size <= section_plain_max, "a piece of state fits a section");
  inside_->plain_bytes += size;
  return Chunk::copy_of(inside_->next_head(Kind::qemu, 0, size, size, show));
}

Buffer Writer::end() {
  inside_->advance(2, "a container's end is written once, after its XML");
  std::array<std::byte, end_size> body{};
  store_big<std::uint64_t>(body.data(), inside_->sections);
  store_big<std::uint64_t>(&body[8], inside_->plain_bytes);
  store_big<std::uint64_t>(&body[16], inside_->hashes.value());
  const auto head = inside_->next_head(Kind::end, 0, body, body.size());
  Buffer out(head.begin(), head.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace sluice::saved
