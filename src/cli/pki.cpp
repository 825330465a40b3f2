// `sluice pki`: certificates for TLS, made and checked. Asks no daemon.

#include <sluice/pki.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/json.h"

namespace sluice::cli {
namespace {

constexpr const char* directory_help = "Where they are, and are put";

std::string date(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  std::ostringstream text;
  text.fill('0');
  text << static_cast<int>(day.year()) << '-';
  text.width(2);
  text << static_cast<unsigned>(day.month()) << '-';
  text.width(2);
  text << static_cast<unsigned>(day.day());
  return text.str();
}

void say(const Settings& settings, const std::string& directory, const std::string& stem) {
  const std::string certificate = directory + "/" + stem + "cert.pem", key = directory + "/" + stem + "key.pem";
  if (settings.json) {
    std::cout << JsonObject().add("certificate", certificate).add("key", key).text() << std::endl;
  } else {
    std::cout << "Made '" << certificate << "' and '" << key << "'" << std::endl;
  }
}

CLI::Option* add_days(CLI::App& command, unsigned& days) {
  return command.add_option("--days", days, "How long it lasts")->type_name("DAYS")->capture_default_str();
}

struct Making {
  std::string directory, name;
  std::vector<std::string> hosts;
  unsigned days = 365;
};

void add_authority(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("ca", "Make an authority: cacert.pem and cakey.pem");
  const auto what = std::make_shared<Making>(Making{.name = "Sluice CA", .days = 3650});
  command->add_option("directory", what->directory, directory_help)->required()->type_name("DIR");
  command->add_option("--name", what->name, "Common or distinguished name")->type_name("NAME")->capture_default_str();
  add_days(*command, what->days);
  command->callback([&settings, what] {
    pki::make_authority(what->directory, {.name = what->name, .lasts = std::chrono::days(what->days)});
    say(settings, what->directory, "ca");
  });
}

void add_server(CLI::App& noun, const Settings& settings) {
  CLI::App* const command =
      noun.add_subcommand("server", "Issue a daemon's certificate: servercert.pem and serverkey.pem");
  const auto what = std::make_shared<Making>();
  command->add_option("directory", what->directory, directory_help)->required()->type_name("DIR");
  command->add_option("host", what->hosts, "Names and addresses under which clients reach it")
      ->required()
      ->type_name("HOST");
  command->add_option("--name", what->name, "Common or distinguished name; else the first host")->type_name("NAME");
  add_days(*command, what->days);
  command->callback([&settings, what] {
    pki::issue_daemon(what->directory,
                      {.hosts = what->hosts, .name = what->name, .lasts = std::chrono::days(what->days)});
    say(settings, what->directory, "server");
  });
}

void add_client(CLI::App& noun, const Settings& settings) {
  CLI::App* const command =
      noun.add_subcommand("client", "Issue a client's certificate: clientcert.pem and clientkey.pem");
  const auto what = std::make_shared<Making>();
  command->add_option("directory", what->directory, directory_help)->required()->type_name("DIR");
  command->add_option("name", what->name, "Common or distinguished name: whom the daemon sees")
      ->required()
      ->type_name("NAME");
  add_days(*command, what->days);
  command->callback([&settings, what] {
    pki::issue_client(what->directory, {.name = what->name, .lasts = std::chrono::days(what->days)});
    say(settings, what->directory, "client");
  });
}

void print(const Settings& settings, const std::vector<pki::Checked>& all) {
  std::string list;
  for (const pki::Checked& good : all) {
    if (settings.json) {
      JsonObject object;
      object.add("file", good.file).add("name", good.name).add("hosts", good.hosts).add("until", date(good.until));
      list += (list.empty() ? "" : ",") + object.text();
      continue;
    }
    std::cout << good.file << ": good until " << date(good.until) << ", for " << good.name
              << (good.hosts.empty() ? "" : " at " + good.hosts) << "\n";
  }
  if (settings.json) std::cout << "[" << list << "]\n";
  std::cout << std::flush;
}

void add_check(CLI::App& noun, const Settings& settings) {
  CLI::App* const command =
      noun.add_subcommand("check", "Say whether certificates will do, as the daemon and the client judge them");
  const auto options = std::make_shared<pki::CheckOptions>();
  const auto daemon = std::make_shared<bool>(false), client = std::make_shared<bool>(false);
  command->add_option("directory", options->directory, "Where they are; else where libvirt has them")->type_name("DIR");
  command->add_option("--host", options->host, "The daemon's must be for this name or address")->type_name("HOST");
  CLI::Option* const only = command->add_flag("--server", *daemon, "The daemon's alone, which must be there");
  command->add_flag("--client", *client, "The client's alone, which must be there")->excludes(only);
  command->callback([&settings, options, daemon, client] {
    using Which = pki::CheckOptions::Which;
    options->which = *daemon ? Which::daemon : *client ? Which::client : Which::there;
    print(settings, pki::check(*options));
  });
}

}  // namespace

void add_pki(CLI::App& app, const Settings& settings) {
  CLI::App* const noun = app.add_subcommand("pki", "Make and check certificates for TLS");
  noun->require_subcommand(1);
  add_authority(*noun, settings);
  add_server(*noun, settings);
  add_client(*noun, settings);
  add_check(*noun, settings);
}

}  // namespace sluice::cli
