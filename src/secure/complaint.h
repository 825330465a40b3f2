#pragma once
// What OpenSSL's queue of errors means for a connection that just failed, as an Error for the operator of this side.
//
//   if (SSL_get_error(ssl, result) == SSL_ERROR_SSL) fail(complaint(side, refusal))

#include <optional>

#include "base/error.h"
#include "secure/refusal.h"

namespace sluice::secure {

// Empties this thread's queue. `refusal`: why the peer's certificate was refused, if it was.
Error complaint(Side side, bool handshaking, const std::optional<Error>& refusal);

}  // namespace sluice::secure
