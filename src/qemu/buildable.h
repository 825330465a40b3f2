#pragma once
// Whether this host can build a machine at all, found out before anything is stored or opened.

#include <string>

#include "model/domain.h"
#include "qemu/household.h"

namespace sluice::qemu {

// The definition with its board's lasting name ("pc" becomes "pc-i440fx-7.2"), or the Failure that names what cannot be
// honoured. Where the QEMU program cannot be asked the board's name stays: starting will say what is wrong with it.
io::Task<model::DomainSpec> resolved(Household& household, model::DomainSpec spec);

// The program a machine runs in.
std::string emulator_of(const Household& household, const model::DomainSpec& spec);

}  // namespace sluice::qemu
