#pragma once
// Fills in what a definition may leave out and a machine must have for ever: its uuid and its MAC addresses.
//
//   complete(spec, [&](MutableBytes out) { fill_with_random(out); });

#include <functional>

#include "base/bytes.h"
#include "model/domain.h"

namespace sluice::model {

using RandomSource = std::function<void(MutableBytes)>;  // fills all of it

void complete(DomainSpec& spec, const RandomSource& random);

}  // namespace sluice::model
