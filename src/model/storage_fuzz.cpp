// Whatever the text: an error or a definition; and a definition that was printed is the same definition.

#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "model/pool.h"
#include "model/volume.h"

namespace {

using namespace sluice;
using namespace sluice::model;

void check_pool(std::string_view xml) {
  const auto spec = parse_pool(xml);
  if (!spec) return ensure(!spec.error().message.empty(), "an error says what is wrong");
  ensure(spec->path.starts_with('/'), "a path is absolute");
  const std::string printed = print_pool(*spec);
  const auto again = parse_pool(printed);
  ensure(again.has_value(), "what was printed can be read");
  ensure(*again == *spec, "it is the same pool");
  ensure(print_pool(*again) == printed, "it prints the same");
  const auto active = parse_pool(print_pool(*spec, PoolFigures{.capacity = 3, .allocation = 2, .available = 1}));
  ensure(active.has_value() && *active == *spec, "figures change nothing");
}

void check_volume(std::string_view xml) {
  auto spec = parse_volume(xml);
  if (!spec) return ensure(!spec.error().message.empty(), "an error says what is wrong");
  ensure(check_volume_name(spec->name).has_value(), "what was read is sound");
  // What is there always has an allocation.
  spec->allocation = spec->allocation.value_or(spec->capacity);
  VolumeFacts facts{.name = spec->name,
                    .key = "/pool/" + spec->name,
                    .path = "/pool/" + spec->name,
                    .format = spec->format,
                    .capacity = spec->capacity,
                    .allocation = *spec->allocation,
                    .physical = *spec->allocation,
                    .permissions = spec->permissions,
                    .backing = spec->backing};
  const auto again = parse_volume(print_volume(facts));
  ensure(again.has_value(), "what was printed can be read");
  ensure(*again == *spec, "it is the same volume");
  facts.incomplete = true;
  const auto incomplete = parse_volume(print_volume(facts));
  ensure(incomplete.has_value() && *incomplete == *spec, "an unfinished upload changes nothing");
}

// Any bytes may be a name: of a file in a pool's directory, or in a call.
void check_name(std::string_view name) {
  const auto sound = check_volume_name(name);
  if (!sound) return ensure(!sound.error().message.empty(), "an error says what is wrong");
  const auto volume = parse_volume(print_volume({.name = std::string(name), .path = "/" + std::string(name)}));
  ensure(volume.has_value() && volume->name == name, "a good name can be printed and read");
}

// The first bytes of an image say what it lies on; whoever made it chose them.
void check_backing(std::string_view path) {
  const auto volume = parse_volume(print_volume(
      {.name = "a", .format = VolumeFormat::qcow2, .backing = BackingStore{.path = "/" + std::string(path)}}));
  ensure(volume.has_value() || path.size() >= 4'095, "any backing store can be told");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(bytes, size)));
  check_pool(text);
  check_volume(text);
  check_name(text);
  check_backing(text);
  return 0;
}
