#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "base/assert.h"
#include "saved/container.h"
#include "saved/layout.h"
#include "saved/parts.h"
#include "saved/zstd_frame.h"

namespace sluice::saved {
namespace {

std::unexpected<Error> refuse(std::string message) { return fault(Code::operation_failed, std::move(message)); }

std::uint32_t length_max(Kind kind) {
  switch (kind) {
    case Kind::xml: return xml_plain_max;
    case Kind::end: return end_size;
    case Kind::qemu: break;
  }
  return section_plain_max;  // also of sections that a later version may have added
}

constexpr std::size_t fed_at_once = 64 * 1024;

bool is_known(Kind kind) { return kind == Kind::xml || kind == Kind::qemu || kind == Kind::end; }

// What can be said about a section before its bytes are there. Nothing is allocated for one that fails here.
std::string objection(const SectionHead& head, std::uint64_t expected_ordinal) {
  if (head.ordinal != expected_ordinal) return "another section stands here, number " + std::to_string(head.ordinal);
  if (expected_ordinal == 0 && head.kind != Kind::xml) return "the machine's XML is missing";
  if (expected_ordinal != 0 && head.kind == Kind::xml) return "a second XML";
  const bool known = is_known(head.kind);
  if (!known && (head.flags & flag_skippable) == 0) return "a kind of section that is not known here";
  if (known && (head.flags & ~(flag_zstd | flag_skippable)) != 0) return "flags that are not known here";
  const std::uint32_t most = length_max(head.kind);
  if (head.stored > most || head.plain > most) {
    return "its length of " + std::to_string(std::max(head.stored, head.plain)) + " is over the bound of " +
           std::to_string(most);
  }
  if (!known) return {};
  if (head.stored == 0 || head.plain == 0) return "it is empty";
  const bool compressed = (head.flags & flag_zstd) != 0;
  if (!compressed && head.stored != head.plain) return "its lengths differ though it is not compressed";
  if (head.kind == Kind::end && (compressed || head.stored != end_size)) return "the end mark has a wrong form";
  return {};
}

}  // namespace

struct Reader::Inside {
  enum class Part : std::uint8_t { file_head, section_head, section_body, over };

  void take(Chunk& chunk) {
    if (error || chunk.empty()) return;
    const std::size_t before = chunk.size();
    switch (part) {
      case Part::file_head: copy_from(chunk, file_head); break;
      case Part::section_head: copy_from(chunk, section_head); break;
      case Part::section_body: body.take(chunk, head.stored - body.size()); break;
      case Part::over: return fail("bytes follow the end mark, from byte " + std::to_string(section_at));
    }
    offset += before - chunk.size();
    if (part == Part::section_body) {
      if (body.size() == head.stored) section_complete();
    } else if (part == Part::file_head ? filled == file_head.size() : filled == section_head.size()) {
      filled = 0;
      if (part == Part::file_head) {
        file_head_complete();
      } else {
        section_head_complete();
      }
    }
  }

  void copy_from(Chunk& chunk, MutableBytes into) {
    const std::size_t count = std::min(chunk.size(), into.size() - filled);
    std::memcpy(into.data() + filled, chunk.data(), count);
    chunk.drop_front(count);
    filled += count;
  }

  void file_head_complete() {
    auto decoded = decode_file_head(file_head);
    if (!decoded) return fail(decoded.error().message);
    id = decoded->id;
    hashes.emplace(id);
    items.emplace_back(decoded->opening);
    expect_section();
  }

  void section_head_complete() {
    head = decode_section_head(section_head);
    if (const std::string why = objection(head, ordinal); !why.empty()) return fail_section(why);
    part = Part::section_body;
    if (head.stored == 0) section_complete();  // of an unknown kind
  }

  void section_complete() {
    std::vector<Chunk> stored = std::exchange(body, {}).chunks();
    const auto show = [at = stored.begin()]() mutable { return (at++)->bytes(); };
    if (hash_of(section_head, id, head.stored, show) != head.hash) return fail_section("checksum differs");
    if (head.kind == Kind::end) return end_complete(join(std::move(stored)));
    hashes->add(Bytes(section_head).subspan(guarded_head_size));
    if ((head.flags & flag_zstd) != 0 && is_known(head.kind)) {
      if (!decompressor) decompressor.emplace();
      auto plain = decompressor->decompress(join(std::move(stored)).bytes(), head.plain);
      if (!plain) {
        return fail_section("it does not decompress to the " + std::to_string(head.plain) + " bytes it promises");
      }
      stored.clear();
      stored.push_back(std::move(*plain));
    }
    if (head.kind == Kind::xml) items.emplace_back(Xml{std::string(as_text(join(std::move(stored)).bytes()))});
    if (head.kind == Kind::qemu) {
      plain_bytes += head.plain;
      items.emplace_back(State{std::move(stored)});
    }
    ++ordinal;
    expect_section();
  }

  bool keepable() const {
    const bool plain = head.kind == Kind::qemu && (head.flags & flag_zstd) == 0;
    return !error && part == Part::section_body && plain && body.size() == 0;
  }

  void kept(const Show& show) {
    ensure(keepable(), "only a plain section that comes next can be kept elsewhere");
    offset += head.stored;
    if (hash_of(section_head, id, head.stored, show) != head.hash) return fail_section("checksum differs");
    hashes->add(Bytes(section_head).subspan(guarded_head_size));
    plain_bytes += head.plain;
    ++ordinal;
    expect_section();
  }

  std::size_t wanted() const {
    switch (part) {
      case Part::file_head: return file_head.size() - filled;
      case Part::section_head: return section_head.size() - filled;
      case Part::section_body: return head.stored - body.size();
      case Part::over: break;
    }
    return 1;  // so that bytes after the end are seen
  }

  void end_complete(const Chunk& mark) {
    const std::byte* at = mark.data();
    if (load_big<std::uint64_t>(at) != ordinal || load_big<std::uint64_t>(at + 8) != plain_bytes ||
        load_big<std::uint64_t>(at + 16) != hashes->value()) {
      return fail_section("the end mark does not fit what came before it");
    }
    items.emplace_back(End{});
    part = Part::over;
    section_at = offset;
  }

  void expect_section() {
    part = Part::section_head;
    section_at = offset;
  }

  std::string section() const {
    return "section " + std::to_string(ordinal) + " at byte " + std::to_string(section_at);
  }
  void fail_section(const std::string& why) { fail(section() + ": " + why); }
  void fail(std::string message) {
    error = refuse(std::move(message)).error();
    body = {};
  }

  Part part = Part::file_head;
  std::array<std::byte, file_head_size> file_head{};
  SectionHeadBytes section_head{};
  Parts body;
  SectionHead head;
  std::size_t filled = 0;        // of the head under way
  std::uint64_t offset = 0;      // of the next byte in the file
  std::uint64_t section_at = 0;  // where the section under way begins
  std::uint64_t ordinal = 0, plain_bytes = 0, id = 0;
  std::optional<Hash> hashes;
  std::optional<Decompressor> decompressor;
  std::deque<Item> items;
  std::optional<Error> error;
};

Reader::Reader() : inside_(std::make_unique<Inside>()) {}
Reader::~Reader() = default;

void Reader::feed(Bytes bytes) {
  while (!bytes.empty()) {
    Chunk some = Chunk::copy_of(bytes.first(std::min(bytes.size(), fed_at_once)));
    bytes = bytes.subspan(some.size());
    while (!some.empty() && !inside_->error) inside_->take(some);
    if (inside_->error) return;  // next() says why
  }
}

void Reader::take(Chunk& chunk) { inside_->take(chunk); }
std::size_t Reader::wanted() const { return inside_->wanted(); }

std::optional<std::uint32_t> Reader::keepable() const {
  if (!inside_->keepable()) return std::nullopt;
  return inside_->head.stored;
}

Result<> Reader::kept(const Show& show) {
  inside_->kept(show);
  if (inside_->error) return std::unexpected(*inside_->error);
  return {};
}

Result<std::optional<Item>> Reader::next() {
  if (!inside_->items.empty()) {
    std::optional<Item> item(std::move(inside_->items.front()));
    inside_->items.pop_front();
    return item;
  }
  if (inside_->error) return std::unexpected(*inside_->error);
  return std::nullopt;
}

Result<> Reader::finish() {
  Inside& in = *inside_;
  if (in.error) return std::unexpected(*in.error);
  switch (in.part) {
    case Inside::Part::over: return {};
    case Inside::Part::file_head:
      if (const auto why = foreign(Bytes(in.file_head).first(in.filled))) {
        return refuse("not a Sluice saved state: " + *why);
      }
      return refuse("cut off in the header at byte " + std::to_string(in.offset));
    case Inside::Part::section_head:
      if (in.filled == 0) {
        return refuse("cut off before section " + std::to_string(in.ordinal) + " at byte " +
                      std::to_string(in.section_at) + ": the end mark is missing");
      }
      break;
    case Inside::Part::section_body: break;
  }
  return refuse("cut off in " + in.section() + ": the file ends at byte " + std::to_string(in.offset));
}

}  // namespace sluice::saved
