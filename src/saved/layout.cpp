#include "saved/layout.h"

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "base/assert.h"

namespace sluice::saved {
namespace {

XXH3_state_t* state_of(void* state) { return static_cast<XXH3_state_t*>(state); }

std::unexpected<Error> refuse(std::string message) { return fault(Code::operation_failed, std::move(message)); }

struct Known {
  std::string_view beginning;
  std::string_view sentence;
};
using namespace std::string_view_literals;
constexpr std::array known_files{
    Known{"LibvirtQemudSave"sv, "it is a saved state of libvirt"},
    Known{"LibvirtQemudPart"sv, "it is an unfinished saved state of libvirt"},
    Known{"QEVM"sv, "it is a bare migration stream of QEMU"},
    Known{"QFI\xfb"sv, "it is a qcow2 disk image"},
    Known{"\x28\xb5\x2f\xfd"sv, "it is a file compressed with zstd"},
    Known{"\x1f\x8b"sv, "it is a file compressed with gzip"},
    Known{"\xfd"
          "7zXZ"sv,
          "it is a file compressed with xz"},
    Known{"<domain"sv, "it is a machine's XML"},
};

}  // namespace

Hash::Hash(std::uint64_t seed) : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset_withSeed(state_of(state_), seed);
}
Hash::~Hash() { XXH3_freeState(state_of(state_)); }
void Hash::add(Bytes bytes) {
  if (!bytes.empty()) XXH3_64bits_update(state_of(state_), bytes.data(), bytes.size());
}
std::uint64_t Hash::value() const { return XXH3_64bits_digest(state_of(state_)); }

std::array<std::byte, file_head_size> encode_file_head(const Opening& opening) {
  std::array<std::byte, file_head_size> head{};
  std::ranges::transform(magic, head.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  store_big<std::uint32_t>(&head[8], version);
  store_big<std::uint32_t>(&head[12], file_head_size);
  std::ranges::copy(opening.uuid.bytes, &head[16]);
  store_big<std::uint64_t>(&head[32], opening.was_running ? flag_was_running : 0);
  store_big<std::uint64_t>(&head[40], opening.saved_at);
  store_big<std::uint64_t>(&head[56], XXH3_64bits(head.data(), 56));
  return head;
}

Result<FileHead> decode_file_head(std::span<const std::byte, file_head_size> bytes) {
  if (const auto why = foreign(bytes)) return refuse("not a Sluice saved state: " + *why);
  // The version comes before the checksum: a later version may have moved it.
  const auto its_version = load_big<std::uint32_t>(&bytes[8]);
  if (its_version != version) {
    return refuse("the saved state has version " + std::to_string(its_version) +
                  " of the container, which is not known here (only " + std::to_string(version) + ")");
  }
  FileHead head{.id = XXH3_64bits(bytes.data(), 56)};
  if (head.id != load_big<std::uint64_t>(&bytes[56])) return refuse("header at byte 0: checksum differs");
  if (load_big<std::uint32_t>(&bytes[12]) != file_head_size) return refuse("header at byte 0: wrong size");
  const auto flags = load_big<std::uint64_t>(&bytes[32]);
  if ((flags & ~flag_was_running) != 0) return refuse("header at byte 0: flags that are not known here");
  if (load_big<std::uint64_t>(&bytes[48]) != 0) return refuse("header at byte 0: the reserved bytes are not zero");
  std::ranges::copy(bytes.subspan<16, 16>(), head.opening.uuid.bytes.begin());
  head.opening.was_running = (flags & flag_was_running) != 0;
  head.opening.saved_at = load_big<std::uint64_t>(&bytes[40]);
  return head;
}

std::optional<std::string> foreign(Bytes beginning) {
  if (beginning.empty()) return "it is empty";
  const std::size_t present = std::min(beginning.size(), magic.size());
  const auto same = [](std::byte there, std::uint8_t wanted) { return std::to_integer<std::uint8_t>(there) == wanted; };
  if (std::equal(beginning.begin(), beginning.begin() + static_cast<std::ptrdiff_t>(present), magic.begin(), same)) {
    return std::nullopt;
  }
  const std::string_view text = as_text(beginning);
  for (const Known& known : known_files) {
    if (text.starts_with(known.beginning)) return std::string(known.sentence);
  }
  if (present > 4 && std::equal(magic.begin(), magic.begin() + 4, beginning.begin(),
                                [&](std::uint8_t wanted, std::byte there) { return same(there, wanted); })) {
    return "its line ends were changed by a transfer as text";
  }
  return "its first bytes are those of something else";
}

SectionHeadBytes encode_section_head(const SectionHead& head) {
  SectionHeadBytes bytes{};
  store_big<std::uint32_t>(bytes.data(), static_cast<std::uint32_t>(head.kind));
  store_big<std::uint32_t>(&bytes[4], head.flags);
  store_big<std::uint64_t>(&bytes[8], head.ordinal);
  store_big<std::uint32_t>(&bytes[16], head.stored);
  store_big<std::uint32_t>(&bytes[20], head.plain);
  return bytes;
}

void set_hash(SectionHeadBytes& head, std::uint64_t hash) { store_big<std::uint64_t>(&head[guarded_head_size], hash); }

SectionHead decode_section_head(const SectionHeadBytes& bytes) {
  return {.kind = static_cast<Kind>(load_big<std::uint32_t>(bytes.data())),
          .flags = load_big<std::uint32_t>(&bytes[4]),
          .ordinal = load_big<std::uint64_t>(&bytes[8]),
          .stored = load_big<std::uint32_t>(&bytes[16]),
          .plain = load_big<std::uint32_t>(&bytes[20]),
          .hash = load_big<std::uint64_t>(&bytes[24])};
}

std::uint64_t hash_of(const SectionHeadBytes& head, std::uint64_t id, std::size_t stored, const Show& show) {
  Hash hash(id);
  hash.add(Bytes(head).first(guarded_head_size));
  while (stored > 0) {
    const Bytes shown = show();
    ensure(!shown.empty() && shown.size() <= stored, "as many bytes are shown as a section has");
    hash.add(shown);
    stored -= shown.size();
  }
  return hash.value();
}

std::uint64_t section_hash(const SectionHeadBytes& head, std::uint64_t id, Bytes stored) {
  return hash_of(head, id, stored.size(), [stored] { return stored; });
}

}  // namespace sluice::saved
