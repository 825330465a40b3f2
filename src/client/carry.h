#pragma once
// carry: the life of one stream on the loop: it opens it, moves what application and daemon have for each other, and
// tells each how the other ended.

#include <memory>

#include "client/exchange.h"
#include "client/wire.h"
#include "link/link.h"

namespace sluice::client {

// `opening` is dropped when the daemon has answered.
io::Task<> carry(std::shared_ptr<Exchange> exchange, link::Link& link, OpenStream open, std::shared_ptr<void> opening);

}  // namespace sluice::client
