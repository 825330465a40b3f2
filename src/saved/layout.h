#pragma once
// Where the fields of a saved-state container lie, and the one hash that guards them. Numbers here are on disks of
// users: they do not change within version 1.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "saved/container.h"

namespace sluice::saved {

inline constexpr std::array<std::uint8_t, 8> magic{0x89, 0x53, 0x4c, 0x43, 0x0d, 0x0a, 0x1a, 0x0a};
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t file_head_size = 64;
inline constexpr std::size_t section_head_size = 32;
inline constexpr std::size_t guarded_head_size = 24;  // of a section's head: what its hash covers beside the bytes
inline constexpr std::size_t end_size = 24;

inline constexpr std::uint64_t flag_was_running = 1;
inline constexpr std::uint32_t flag_zstd = 1;
inline constexpr std::uint32_t flag_skippable = 0x8000'0000;

enum class Kind : std::uint32_t { xml = 0x584d4c20, qemu = 0x51454d55, end = 0x454e4420 };  // "XML ", "QEMU", "END "

// A running XXH3-64 with the file's seed.
class Hash {
 public:
  explicit Hash(std::uint64_t seed);
  ~Hash();
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  void add(Bytes bytes);
  std::uint64_t value() const;

 private:
  void* state_;
};

struct FileHead {
  Opening opening;
  std::uint64_t id = 0;  // the header's hash, and the seed of all others
};
std::array<std::byte, file_head_size> encode_file_head(const Opening& opening);
Result<FileHead> decode_file_head(std::span<const std::byte, file_head_size> bytes);
// Why bytes that begin like this (fewer than a header, perhaps) are not a container; nothing if they may become one.
std::optional<std::string> foreign(Bytes beginning);

struct SectionHead {
  Kind kind = Kind::xml;
  std::uint32_t flags = 0;
  std::uint64_t ordinal = 0;
  std::uint32_t stored = 0, plain = 0;  // lengths
  std::uint64_t hash = 0;
};
using SectionHeadBytes = std::array<std::byte, section_head_size>;
// Writes all fields but the hash, which `set_hash` adds.
SectionHeadBytes encode_section_head(const SectionHead& head);
void set_hash(SectionHeadBytes& head, std::uint64_t hash);
SectionHead decode_section_head(const SectionHeadBytes& bytes);
// What guards a section: the hash over its head, without the hash itself, and then its stored bytes.
std::uint64_t hash_of(const SectionHeadBytes& head, std::uint64_t id, std::size_t stored, const Show& show);
std::uint64_t section_hash(const SectionHeadBytes& head, std::uint64_t id, Bytes stored);

}  // namespace sluice::saved
