#pragma once
// SASL's data in the fields of a message. Each byte is a word of its own on the wire, and none is not the same as
// empty.
//
//   set_sasl_data(fields, server.data);        SaslBytes data = sasl_data_of(fields);

#include <optional>

#include "base/bytes.h"
#include "remote/connect.h"

namespace sluice::remote {

using SaslBytes = std::optional<Buffer>;

template <class Fields>
void set_sasl_data(Fields& fields, const SaslBytes& data) {
  fields.nil = data ? 0 : 1;
  fields.data.items.clear();
  if (!data) return;
  for (const std::byte byte : *data) fields.data.items.push_back({.value = static_cast<std::int8_t>(byte)});
}

template <class Fields>
SaslBytes sasl_data_of(const Fields& fields) {
  if (fields.nil != 0) return std::nullopt;
  Buffer data;
  for (const auto item : fields.data.items) data.push_back(static_cast<std::byte>(item.value));
  return data;
}

}  // namespace sluice::remote
