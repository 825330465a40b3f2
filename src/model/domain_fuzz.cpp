// Whatever the text: an error or a definition; and a definition that was printed is the same definition.

#include <cstdint>

#include "base/assert.h"
#include "model/complete.h"
#include "model/domain_xml.h"
#include "model/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace sluice;
  using namespace sluice::model;
  auto spec = parse_domain(as_text(std::as_bytes(std::span(bytes, size))));
  if (!spec) {
    ensure(!spec.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  complete(*spec, [](MutableBytes out) {
    static std::uint8_t number = 0;
    for (std::byte& b : out) b = static_cast<std::byte>(number++);
  });
  ensure(validate(*spec).has_value(), "what was read is sound");
  const std::string printed = print_domain(*spec, {.secure = true});
  auto again = parse_domain(printed);
  ensure(again.has_value(), "what was printed can be read");
  ensure(*again == *spec, "it is the same machine");
  ensure(print_domain(*again, {.secure = true}) == printed, "it prints the same");
  const LiveFacts live{.id = 1, .serial_ptys = {"/dev/pts/1"}, .vnc_ports = {5900}, .tap_devices = {"vnet0"}};
  auto from_live = parse_domain(print_domain(*spec, {.secure = true, .live = live}));
  ensure(from_live.has_value(), "a running machine's definition can be read");
  auto public_part = parse_domain(print_domain(*spec));
  ensure(public_part.has_value(), "what clients see can be read");
  for (const Graphics& graphics : public_part->devices.graphics) {
    ensure(graphics.password.empty(), "passwords are not told");
  }
  return 0;
}
