#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

// A pool may be gone by the time it is asked about. Its disk is not asked, for it may not answer: who wants the sizes
// asks for the pool's info.
template <class Print>
void for_each_that_is_there(const std::vector<Pool>& pools, Print print) {
  for (const Pool& pool : pools) {
    try {
      print(pool, pool.active() ? PoolState::running : PoolState::inactive, pool.autostart());
    } catch (const Failure& failure) {
      if (failure.code() != Code::no_storage_pool) throw;
    }
  }
}

void print_json(const std::vector<Pool>& pools) {
  std::string out;
  for_each_that_is_there(pools, [&](const Pool& pool, PoolState state, bool autostart) {
    JsonObject object;
    object.add("name", pool.name()).add("uuid", pool.uuid()).add("state", name(state)).add("autostart", autostart);
    out += (out.empty() ? "" : ",\n ") + object.text();
  });
  std::cout << "[" << out << "]" << std::endl;
}

void print_table(const std::vector<Pool>& pools) {
  Table table{{"Name", "State", "Autostart"}};
  for_each_that_is_there(pools, [&](const Pool& pool, PoolState state, bool autostart) {
    table.push_back({pool.name(), std::string(name(state)), autostart ? "yes" : "no"});
  });
  print(std::cout, table);
}

}  // namespace

void add_list_pools(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("list", "List pools");
  const auto active = std::make_shared<bool>(false), inactive = std::make_shared<bool>(false);
  auto* const only_active = command->add_flag("--active", *active, "Only those that are started");
  command->add_flag("--inactive", *inactive, "Only those that are not")->excludes(only_active);
  command->callback([&settings, active, inactive] {
    const Host host = settings.connect();
    const auto pools = host.pools({.active = !*inactive, .inactive = !*active});
    if (settings.json) {
      print_json(pools);
    } else {
      print_table(pools);
    }
  });
}

}  // namespace sluice::cli
