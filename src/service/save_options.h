#pragma once
// What a client's flags and parameters say about a save or a restore, for both programs.

#include "driver/host.h"
#include "remote/types.h"

namespace sluice::service {

// Of the two flags; both at once are refused.
driver::Resume resume_of(std::uint32_t flags, std::uint32_t running, std::uint32_t paused);

// "compress" str none|zstd, "level" i32, "bandwidth" u64; anything else is refused by name.
driver::SaveOptions save_options(const remote::TypedParams& params, driver::Resume resume);

// "bandwidth" u64, 0 if absent; anything else is refused by name.
std::uint64_t restore_bandwidth(const remote::TypedParams& params);

// A file on the daemon's host: its path must say where, whatever the daemon's own directory is.
void need_absolute(const std::string& path);

}  // namespace sluice::service
