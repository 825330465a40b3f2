#include "model/qcow2_header.h"

#include <algorithm>

namespace sluice::model {
namespace {

constexpr std::uint32_t magic = 0x514649fb;  // "QFI\xfb"
constexpr std::uint32_t backing_max = 1023;  // bytes of a backing file's name
constexpr std::uint32_t backing_format_extension = 0xe2792aca;
constexpr std::uint64_t version_2_length = 72;
constexpr std::uint64_t external_data_feature = 1 << 2;  // of the incompatible ones

template <class Word>
Word field(Bytes head, std::uint64_t at) {
  return at + sizeof(Word) <= head.size() ? load_big<Word>(head.data() + at) : Word{0};
}

// It is named in an extension behind the header; images of old programs have none, and QEMU would guess.
VolumeFormat backing_format(Bytes head) {
  const bool version_2 = field<std::uint32_t>(head, 4) < 3;
  std::uint64_t at = version_2 ? version_2_length : field<std::uint32_t>(head, 100);
  while (at + 8 <= head.size()) {
    const auto type = field<std::uint32_t>(head, at);
    const std::uint64_t length = field<std::uint32_t>(head, at + 4);
    if (type == 0 || length > head.size() - at - 8) break;
    if (type == backing_format_extension) {
      const bool qcow2 = as_text(head.subspan(at + 8, length)) == "qcow2";
      return qcow2 ? VolumeFormat::qcow2 : VolumeFormat::raw;
    }
    at += 8 + (length + 7) / 8 * 8;
  }
  return VolumeFormat::raw;
}

}  // namespace

std::optional<Qcow2Header> parse_qcow2(Bytes head) {
  if (head.size() < 8 || load_big<std::uint32_t>(head.data()) != magic) return std::nullopt;
  const bool has_features = field<std::uint32_t>(head, 4) >= 3;
  Qcow2Header header{.capacity = field<std::uint64_t>(head, 24),
                     .external_data = has_features && (field<std::uint64_t>(head, 72) & external_data_feature) != 0};
  const auto offset = field<std::uint64_t>(head, 8);
  const auto size = field<std::uint32_t>(head, 16);
  if (offset == 0 || size == 0 || size > backing_max) return header;
  header.backing_offset = offset;
  header.backing_size = size;
  header.backing_format = backing_format(head);
  return header;
}

}  // namespace sluice::model
