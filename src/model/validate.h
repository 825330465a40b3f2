#pragma once
// What no definition may contradict, however it was made: a name that is one, memory and vcpus within bounds, devices
// that do not exclude each other.

#include "base/result.h"
#include "model/domain.h"

namespace sluice::model {

Result<> validate(const DomainSpec& spec);
Result<> validate_name(std::string_view name);

}  // namespace sluice::model
