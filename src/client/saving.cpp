#include "client/saving.h"

namespace sluice::client {

void require_extension(const Connected& connected, std::string_view what) {
  if (connected.extended()) return;
  throw Failure(
      Error{.code = Code::no_support,
            .message = "the daemon at '" + connected.uri() + "' is not a Sluice daemon: it cannot " + std::string(what),
            .domain = ErrorDomain::streams});
}

void require_weights(const Connected& connected) {
  if (connected.weighs()) return;
  throw Failure(
      Error{.code = Code::no_support,
            .message = "the daemon at '" + connected.uri() + "' is older than the weights of streams: it knows none",
            .domain = ErrorDomain::streams});
}

void require_streams(const Connected& connected, std::string_view verb) {
  if (connected.extended()) return;
  throw Failure(Error{.code = Code::no_support,
                      .message = "the daemon at '" + connected.uri() + "' is not a Sluice daemon: it can " +
                                 std::string(verb) + " its own files, not streams",
                      .domain = ErrorDomain::streams});
}

std::uint32_t flags_of(AfterRestore then) {
  switch (then) {
    case AfterRestore::as_it_was: return 0;
    case AfterRestore::running: return 1;
    case AfterRestore::paused: return 2;
  }
  return 0;
}

remote::TypedParams params_of(const SaveOptions& options) {
  remote::TypedParams params;
  if (options.zstd) {
    params.items.push_back({"compress", std::string("zstd")});
    params.items.push_back({"level", std::int32_t{options.level}});
  }
  if (options.bandwidth != 0) params.items.push_back({"bandwidth", options.bandwidth});
  return params;
}

}  // namespace sluice::client
