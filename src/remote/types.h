#pragma once
// Composite types of the remote program (facts of libvirt 9.0.0's wire).

#include <cstdint>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/uuid.h"
#include "xdr/types.h"

namespace sluice::remote {

struct DomainRef {  // a daemon resolves it by uuid only
  std::string name;
  Uuid uuid;
  std::int32_t id = -1;
  bool operator==(const DomainRef&) const = default;
};
struct NetworkRef {
  std::string name;
  Uuid uuid;
  bool operator==(const NetworkRef&) const = default;
};

// What a REPLY or STREAM with status ERROR carries. `dom` and `net` are always absent, `level` is 2.
struct ErrorMessage {
  std::int32_t code = 0;
  std::int32_t domain = 0;
  std::optional<std::string> message;
  std::int32_t level = 2;
  std::optional<DomainRef> dom;
  std::optional<std::string> str1, str2, str3;
  std::int32_t int1 = -1, int2 = -1;
  std::optional<NetworkRef> net;
  bool operator==(const ErrorMessage&) const = default;
};

// HOLE: so many zero bytes at this place of the stream.
struct StreamHole {
  std::int64_t length = 0;
  std::uint32_t flags = 0;
};

using TypedParams = xdr::List<xdr::TypedParam, limits::typed_params_max>;

}  // namespace sluice::remote
