#pragma once
// The words of the extension program's save and restore.

#include <memory>

#include "client/connected.h"
#include "remote/extension.h"
#include "sluice/domain.h"

namespace sluice::client {

// Failures for a daemon without the extension program, which say so.
void require_extension(const Connected& connected, std::string_view what);  // "list its streams"
void require_weights(const Connected& connected);                           // of a Sluice daemon
void require_streams(const Connected& connected, std::string_view verb);
std::uint32_t flags_of(AfterRestore then);
remote::TypedParams params_of(const SaveOptions& options);

}  // namespace sluice::client
