#pragma once
// How commands end: what they print when all went well, and what a failure means as an exit code.

#include <sluice/domain.h>
#include <sluice/pool.h>

#include <exception>
#include <string_view>

#include "cli/json.h"
#include "cli/settings.h"

namespace sluice::cli {

// In the manual page, too.
enum class Exit : int {
  done = 0,
  failed = 1,
  usage = 2,
  not_found = 3,
  not_permitted = 4,
  no_connection = 5,
  resumable = 6,  // broken off, and can be taken up again
  interrupted = 130,
};

// The command line made no sense in a way the parser cannot know.
class UsageError : public std::exception {
 public:
  explicit UsageError(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

// "Machine 'web1' started", or the machine as a JSON object.
void print_done(const Settings& settings, const Domain& machine, std::string_view what);
void print_done(const Settings& settings, const Pool& pool, std::string_view what);
void print_done(const Settings& settings, const Volume& volume, std::string_view what);
// A definition, or what `object` says of its owner with the definition in it.
void print_xml(const Settings& settings, JsonObject object, std::string xml);
// Prints why on standard error.
Exit explain(const std::exception_ptr& failed, const Settings& settings);

}  // namespace sluice::cli
