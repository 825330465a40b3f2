#include <iostream>

#include "cli/json.h"
#include "cli/one_pool.h"
#include "cli/progress.h"

namespace sluice::cli {
namespace {

void print_json(const Pool& pool, const PoolInfo& info) {
  JsonObject object;
  object.add("name", pool.name())
      .add("uuid", pool.uuid())
      .add("state", name(info.state))
      .add("persistent", pool.persistent())
      .add("autostart", pool.autostart())
      .add("capacity", info.capacity)
      .add("allocation", info.allocation)
      .add("available", info.available);
  std::cout << object.text() << std::endl;
}

void print_lines(const Pool& pool, const PoolInfo& info) {
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  const auto size = [](std::uint64_t bytes) { return readable_bytes(static_cast<double>(bytes)); };
  std::cout << "Name:        " << pool.name() << "\n"
            << "UUID:        " << pool.uuid() << "\n"
            << "State:       " << name(info.state) << "\n"
            << "Persistent:  " << yes(pool.persistent()) << "\n"
            << "Autostart:   " << yes(pool.autostart()) << "\n"
            << "Capacity:    " << size(info.capacity) << "\n"
            << "Allocation:  " << size(info.allocation) << "\n"
            << "Available:   " << size(info.available) << std::endl;
}

}  // namespace

void add_pool_info(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("info", "Tell about a pool");
  command->callback([&settings, name = add_pool_argument(*command)] {
    const Host host = settings.connect();
    const Pool pool = find_pool(host, *name);
    if (settings.json) {
      print_json(pool, pool.info());
    } else {
      print_lines(pool, pool.info());
    }
  });
}

void add_pool_xml(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("xml", "Print a pool's definition");
  const auto options = std::make_shared<PoolXmlOptions>();
  command->callback([&settings, options, name = add_pool_argument(*command)] {
    const Host host = settings.connect();
    const Pool pool = find_pool(host, *name);
    JsonObject object;
    object.add("name", pool.name()).add("uuid", pool.uuid());
    print_xml(settings, object, pool.xml(*options));
  });
  command->add_flag("--inactive", options->inactive, "What its next start will use");
}

}  // namespace sluice::cli
