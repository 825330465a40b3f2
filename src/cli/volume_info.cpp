#include <iostream>

#include "cli/json.h"
#include "cli/one_pool.h"
#include "cli/one_volume.h"
#include "cli/progress.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

std::string size(std::uint64_t bytes) { return readable_bytes(static_cast<double>(bytes)); }

JsonObject as_json(const Volume& volume, const VolumeInfo& info) {
  JsonObject object;
  object.add("pool", volume.pool_name())
      .add("name", volume.name())
      .add("key", volume.key())
      .add("type", name(info.type))
      .add("capacity", info.capacity)
      .add("allocation", info.allocation)
      .add("physical", info.physical);
  return object;
}

void print_lines(const Volume& volume, const VolumeInfo& info) {
  std::cout << "Name:        " << volume.name() << "\n"
            << "Pool:        " << volume.pool_name() << "\n"
            << "Key:         " << volume.key() << "\n"
            << "Type:        " << name(info.type) << "\n"
            << "Capacity:    " << size(info.capacity) << "\n"
            << "Allocation:  " << size(info.allocation) << "\n"
            << "Physical:    " << size(info.physical) << std::endl;
}

// A volume may be gone by the time it is asked about.
template <class Print>
void for_each_that_is_there(const std::vector<Volume>& volumes, Print print) {
  for (const Volume& volume : volumes) {
    try {
      print(volume, volume.info());
    } catch (const Failure& failure) {
      if (failure.code() != Code::no_storage_vol) throw;
    }
  }
}

void print_json(const std::vector<Volume>& volumes) {
  std::string out;
  for_each_that_is_there(volumes, [&](const Volume& volume, const VolumeInfo& info) {
    out += (out.empty() ? "" : ",\n ") + as_json(volume, info).text();
  });
  std::cout << "[" << out << "]" << std::endl;
}

void print_table(const std::vector<Volume>& volumes) {
  Table table{{"Name", "Capacity", "Allocation"}};
  for_each_that_is_there(volumes, [&](const Volume& volume, const VolumeInfo& info) {
    table.push_back({volume.name(), size(info.capacity), size(info.allocation)});
  });
  print(std::cout, table);
}

}  // namespace

void add_list_volumes(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("list", "List the volumes of a pool");
  command->callback([&settings, pool = add_pool_argument(*command)] {
    const Host host = settings.connect();
    const auto volumes = find_pool(host, *pool).volumes();
    if (settings.json) {
      print_json(volumes);
    } else {
      print_table(volumes);
    }
  });
}

void add_volume_info(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("info", "Tell about a volume");
  command->callback([&settings, name = add_volume_argument(*command)] {
    const Host host = settings.connect();
    const Volume volume = find_volume(host, *name);
    if (settings.json) {
      std::cout << as_json(volume, volume.info()).text() << std::endl;
    } else {
      print_lines(volume, volume.info());
    }
  });
}

void add_volume_xml(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("xml", "Print a volume's definition");
  command->callback([&settings, name = add_volume_argument(*command)] {
    const Host host = settings.connect();
    const Volume volume = find_volume(host, *name);
    JsonObject object;
    object.add("pool", volume.pool_name()).add("name", volume.name());
    print_xml(settings, object, volume.xml());
  });
}

}  // namespace sluice::cli
