#pragma once
// Whole transfers over a stream: from or to a callable of the application (on the thread that waits), a file or a
// descriptor (on the loop, which needs nobody's help). They finish the stream, or abort it and throw.

#include "client/exchange.h"
#include "client/open_input.h"
#include "sluice/stream.h"

namespace sluice::client {

void weigh(Exchange& exchange, std::uint32_t weight);  // a Failure if it is out of bounds
Buffer send(Exchange& exchange, const Input& from, const TransferOptions& options);
Buffer send(Exchange& exchange, OpenInput from, const TransferOptions& options);
Buffer receive(Exchange& exchange, const Output& to, const TransferOptions& options);

}  // namespace sluice::client
