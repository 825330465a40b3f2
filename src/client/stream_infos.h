#pragma once
// What the wire says of streams, in the words of the public API.

#include <vector>

#include "remote/extension.h"
#include "sluice/streams.h"

namespace sluice::client {

std::vector<StreamInfo> infos_of(const std::vector<remote::StreamInfo>& streams,
                                 const std::vector<remote::StreamWeighs>& weights);

}  // namespace sluice::client
