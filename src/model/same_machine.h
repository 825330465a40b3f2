#pragma once
// A machine's state fits only the machine it was taken from. Restoring with another definition may change what the
// host provides (name, paths, network); what the guest sees must be the same.

#include "base/result.h"
#include "model/domain.h"

namespace sluice::model {

// An error names the first difference: "the saved machine has 2 vcpus, the new definition 4".
Result<> same_machine(const DomainSpec& saved, const DomainSpec& wanted);

}  // namespace sluice::model
