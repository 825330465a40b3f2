#include "cli/outcome.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

#include "cli/interrupt.h"
#include "cli/json.h"

namespace sluice::cli {
namespace {

bool coloured() {
  const char* const off = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && (off == nullptr || *off == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

void complain(std::string_view why) {
  std::cerr << (coloured() ? "\033[31msluice:\033[0m " : "sluice: ") << why << std::endl;
}

Exit meaning_of(const Error& error) {
  if (error.domain == ErrorDomain::uri) return Exit::usage;
  switch (error.code) {
    case Code::no_domain: return Exit::not_found;
    case Code::operation_denied:
    case Code::access_denied:
    case Code::auth_failed: return Exit::not_permitted;
    default: return Exit::failed;
  }
}

}  // namespace

void print_done(const Settings& settings, const Domain& machine, std::string_view what) {
  if (!settings.json) {
    std::cout << "Machine '" << machine.name() << "' " << what << std::endl;
    return;
  }
  JsonObject object;
  object.add("name", machine.name()).add("uuid", machine.uuid()).add("done", what);
  std::cout << object.text() << std::endl;
}

Exit explain(const std::exception_ptr& failed, const Settings& settings) {
  try {
    std::rethrow_exception(failed);
  } catch (const Disconnected& failure) {
    complain(failure.what());
    const int why = failure.error().os_error;
    return why == EACCES || why == EPERM ? Exit::not_permitted : Exit::no_connection;
  } catch (const Failure& failure) {
    if (settings.interrupt != nullptr && settings.interrupt->happened()) {
      complain("interrupted");
      return Exit::interrupted;
    }
    complain(failure.what());
    return meaning_of(failure.error());
  } catch (const UsageError& error) {
    complain(error.what());
    return Exit::usage;
  } catch (const std::exception& error) {
    complain(error.what());
    return Exit::failed;
  }
}

}  // namespace sluice::cli
