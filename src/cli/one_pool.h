#pragma once
// Commands about one pool: `sluice pool start default`.

#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/settings.h"

namespace sluice::cli {

// Adds the argument POOL, which lasts as long as the command.
inline std::shared_ptr<std::string> add_pool_argument(CLI::App& command) {
  const auto pool = std::make_shared<std::string>();
  command.add_option("pool", *pool, "Name or uuid of the pool")->required()->type_name("POOL");
  return pool;
}

// Adds `name POOL`; `act` gets the pool and returns what was done with it, in a word or two.
inline CLI::App* add_one_pool(CLI::App& noun, const Settings& settings, const std::string& name,
                              const std::string& about, std::function<std::string(Pool&)> act) {
  CLI::App* const command = noun.add_subcommand(name, about);
  command->callback([&settings, pool = add_pool_argument(*command), act = std::move(act)] {
    const Host host = settings.connect();
    Pool found = find_pool(host, *pool);
    const std::string done = act(found);
    print_done(settings, found, done);
  });
  return command;
}

}  // namespace sluice::cli
