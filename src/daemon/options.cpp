#include "daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <list>

#include "daemon/config.h"
#include "daemon/settings.h"
#include "io/failure.h"
#include "service/version.h"

namespace sluice::daemon {
namespace {

constexpr int usage_error = 2;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Where the file of settings is, unless somebody says it.
std::string usual_config(const Whoami& me) {
  if (me.root) return me.system_config;
  if (!me.config_home.empty()) return me.config_home + "/sluice/sluiced.toml";
  return me.home.empty() ? "" : me.home + "/.config/sluice/sluiced.toml";
}

struct Said {
  const Setting* setting;
  std::vector<std::string> values;
};

void take(const std::list<Said>& said, Options& options) {
  for (const Said& one : said) {
    if (one.values.empty()) continue;
    std::exception_ptr failed;
    try {
      one.setting->set(options, one.values);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) throw io::Failure(io::reason(failed).while_doing(one.setting->flag));
  }
}

}  // namespace

MetricsPlace MetricsPlace::parse(const std::string& text) {
  if (text.find('/') != std::string::npos) return {.path = text, .tcp = {}};
  try {
    return {.path = {}, .tcp = io::TcpAddress::parse(text, std::nullopt)};
  } catch (const io::Failure& e) {
    io::fail(e.error.code,
             "--metrics takes ADDRESS:PORT, or the path of a unix socket with a '/' in it: " + e.error.message);
  }
}

Whoami whoami() {
  return {.root = ::geteuid() == 0,
          .runtime_directory = variable("XDG_RUNTIME_DIR"),
          .state_home = variable("XDG_STATE_HOME"),
          .config_home = variable("XDG_CONFIG_HOME"),
          .system_config = "/etc/sluice/sluiced.toml",
          .home = variable("HOME")};
}

Parsed parse(int argc, const char* const* argv, const Whoami& me) {
  Options options;
  std::string config;
  bool check = false, foreground = true;  // the only way it runs; the word is for scripts that want to be sure
  CLI::App app("Serves the virtual machines of this host.", "sluiced");
  app.set_version_flag("--version", "sluiced " + std::string(service::version_text));
  std::list<Said> said;
  for (const Setting& setting : settings()) {
    Said& one = said.emplace_back(Said{.setting = &setting, .values = {}});
    CLI::Option* const option = app.add_option(setting.flag, one.values, setting.help)->type_name(setting.type);
    option->expected(1)->allow_extra_args(false)->multi_option_policy(
        setting.kind == Setting::Kind::list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--config", config, "read settings from this file, and from those of the directory FILE.d")
      ->type_name("FILE");
  app.add_flag("--check-config", check, "say whether it could start with its settings, and end");
  app.add_flag("--foreground", foreground, "stay in the foreground (as it does anyway)");
  try {
    app.parse(argc, argv);
    const bool private_place = app.count("--state-dir") > 0;
    const std::string usual = private_place ? "" : usual_config(me);
    if (!config.empty()) {
      read_config(config, Needed::yes, options);
    } else if (!usual.empty()) {
      read_config(usual, Needed::no, options);
    }
    take(said, options);
    choose_places(options, me);
    check_together(options);
  } catch (const CLI::ParseError& e) {
    return {.options = {}, .exit_code = app.exit(e) == 0 ? 0 : usage_error};
  } catch (const io::Failure& e) {
    std::cerr << "sluiced: " << e.error.message << "\n";
    return {.options = {}, .exit_code = usage_error};
  }
  return {.options = std::move(options), .exit_code = {}, .check = check};
}

void choose_places(Options& options, const Whoami& me) {
  const bool private_place = !options.state_directory.empty();
  if (!private_place) {
    if (me.root) {
      options.state_directory = "/var/lib/sluice";
    } else if (!me.state_home.empty()) {
      options.state_directory = me.state_home + "/sluice";
    } else if (!me.home.empty()) {
      options.state_directory = me.home + "/.local/state/sluice";
    } else {
      io::fail(Code::invalid_arg, "neither --state-dir nor $XDG_STATE_HOME nor $HOME says where to keep state");
    }
  }
  if (!options.socket.empty()) return;
  if (private_place) {
    options.socket = options.state_directory + "/sluice-sock";
  } else if (me.root) {
    options.socket = "/run/sluice/sluice-sock";
    options.read_only_socket = "/run/sluice/sluice-sock-ro";
    options.make_socket_directory = true;
  } else if (!me.runtime_directory.empty()) {
    options.socket = me.runtime_directory + "/sluice/sluice-sock";
    options.make_socket_directory = true;
  } else {
    io::fail(Code::invalid_arg, "neither --socket nor --state-dir nor $XDG_RUNTIME_DIR says where to listen");
  }
}

}  // namespace sluice::daemon
