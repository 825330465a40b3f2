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

void print_done(const Settings& settings, const std::string& who, JsonObject object, std::string_view what) {
  if (settings.json) {
    std::cout << object.add("done", what).text() << std::endl;
  } else {
    std::cout << who << " " << what << std::endl;
  }
}

Exit meaning_of(const Error& error) {
  if (error.domain == ErrorDomain::uri) return Exit::usage;
  switch (error.code) {
    case Code::no_domain:
    case Code::no_storage_pool:
    case Code::no_storage_vol:
    case Code::invalid_stream: return Exit::not_found;
    case Code::operation_denied:
    case Code::access_denied:
    case Code::auth_failed: return Exit::not_permitted;
    default: return Exit::failed;
  }
}

}  // namespace

void print_done(const Settings& settings, const Domain& machine, std::string_view what) {
  JsonObject object;
  object.add("name", machine.name()).add("uuid", machine.uuid());
  print_done(settings, "Machine '" + machine.name() + "'", std::move(object), what);
}

void print_done(const Settings& settings, const Pool& pool, std::string_view what) {
  JsonObject object;
  object.add("name", pool.name()).add("uuid", pool.uuid());
  print_done(settings, "Pool '" + pool.name() + "'", std::move(object), what);
}

void print_done(const Settings& settings, const Volume& volume, std::string_view what) {
  JsonObject object;
  object.add("pool", volume.pool_name()).add("name", volume.name()).add("key", volume.key());
  print_done(settings, "Volume '" + volume.pool_name() + "/" + volume.name() + "'", std::move(object), what);
}

void print_xml(const Settings& settings, JsonObject object, std::string xml) {
  if (settings.json) {
    std::cout << object.add("xml", xml).text() << std::endl;
    return;
  }
  if (!xml.ends_with('\n')) xml += '\n';
  std::cout << xml << std::flush;
}

Exit explain(const std::exception_ptr& failed, const Settings& settings) {
  try {
    std::rethrow_exception(failed);
  } catch (const Disconnected& failure) {
    if (settings.interrupt != nullptr &&
        settings.interrupt->happened()) {  // it may have ended what we reach it through
      complain("interrupted");
      return Exit::interrupted;
    }
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
