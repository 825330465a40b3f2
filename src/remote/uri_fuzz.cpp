// What parses is text again, and means the same when parsed once more.

#include "base/assert.h"
#include "base/bytes.h"
#include "remote/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto uri = remote::Uri::parse(as_text(std::as_bytes(std::span(data, size))));
  if (!uri) {
    ensure(!uri.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  const auto again = remote::Uri::parse(uri->text());
  ensure(again.has_value() && *again == *uri, "text() is what was parsed");
  ensure(remote::Uri::parse(uri->for_daemon({})).has_value(), "a daemon can read what it gets");
  return 0;
}
