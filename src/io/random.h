#pragma once
// Random bytes of the kernel, for uuids and names nobody else has.

#include <string>

#include "base/bytes.h"
#include "base/uuid.h"

namespace sluice::io {

void fill_random(MutableBytes out);
Uuid random_uuid();
std::string random_letters(std::size_t count);  // a-z and 0-9, for names of temporary files

}  // namespace sluice::io
