#pragma once
// An Error <-> the error struct of the wire.

#include "base/error.h"
#include "remote/types.h"

namespace sluice::remote {

ErrorMessage to_message(const Error& error);
// Marks the error as the peer's.
Error from_message(const ErrorMessage& message);
// The payload of an error reply or an abort. What cannot be decoded becomes an Error that says so.
Error decode_error(Bytes payload);

}  // namespace sluice::remote
